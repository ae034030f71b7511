import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "vitest";

/** What a script of its own says in which nothing but the start is under way. */
async function script(source: string): Promise<string> {
  const args = ["--conditions=@fleet/source", "--input-type=module", "--eval", source];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  return stdout;
}

test.for([0, 300])(
  "start() rejects in a script that waits for nothing else: startTimeoutMs %d",
  async (ms) => {
    const said = await script(`
    import { Discovery } from "@fleet/discovery";
    const away = {
      name: "away",
      start: (sink) => new Promise(() => sink.fail(new Error("away"))),
      close: async () => {},
    };
    const discovery = new Discovery({ sources: [away], startTimeoutMs: ${ms} });
    await discovery.start().catch(({ code }) => console.log(code));
  `);
    expect(said).toBe("FLEET_DISCOVERY_START_FAILED\n");
  },
);

test("and the process ends by itself after a start that succeeded", async () => {
  const said = await script(`
    import { Discovery, StaticSource } from "@fleet/discovery";
    const discovery = new Discovery({ sources: [new StaticSource([])] });
    await discovery.start();
    console.log(discovery.instances.size);
  `);
  expect(said).toBe("0\n");
});
