import { seededRandom } from "@fleet/testkit";

import { RedisLink } from "../../src/redis/link.ts";
import type { Run } from "../../src/run.ts";
import { settingsOf } from "../../src/runs/backfill-options.ts";
import { openRun } from "../../src/runs/open-run.ts";
import type { Source } from "../../src/source.ts";
import { type Address, connectTo } from "../scene.ts";

/** A run and a way to Redis, for tests of the scripts themselves. */
export interface ScriptScene extends Disposable {
  readonly run: Run;
  readonly link: RedisLink;
}

export async function openScripts(
  server: Address,
  options: { readonly source: Source; readonly chunkSize: number; readonly name?: string },
): Promise<ScriptScene> {
  const settings = settingsOf({
    connect: connectTo(server),
    name: "model",
    random: seededRandom(1),
    ...options,
  });
  const link = new RedisLink({ ...settings, of: { run: settings.name, link: "admin" } });
  const run = await openRun(link, settings);
  return { run, link, [Symbol.dispose]: () => link.close() };
}
