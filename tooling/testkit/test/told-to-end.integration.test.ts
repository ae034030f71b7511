import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { Program } from "../src/index.ts";

const parent = fileURLToPath(new URL("told-parent.ts", import.meta.url));

test.for([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s is told, and the program ends as it likes", async ([signal, code]) => {
  await using program = new Program({ args: [parent] });
  await program.says("server");
  program.child.kill(signal);
  const ended = await program.gone();
  expect(ended).toMatchObject({ code, error: "" });
  expect(ended.out).toMatch(new RegExp(`\\nstopped by ${signal}\\n$`));
});

test("a second signal does not wait", async () => {
  await using program = new Program({ args: [parent, "stays"] });
  await program.says("server");
  program.child.kill("SIGTERM");
  await program.says("stopped by SIGTERM");
  program.child.kill("SIGINT");
  expect(await program.gone()).toMatchObject({ code: 130, error: "" });
});

test.for(["SIGTERM", "SIGKILL"] as const)(
  "a package manager that ends by %s without a word takes what it runs with it, and all that this has started",
  async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-launcher-"));
    await using opened = new AsyncDisposableStack();
    opened.defer(() => rm(folder, { recursive: true }));
    const manager = join(folder, "npx-cli.mjs");
    // A shell in between, which does not replace itself by what it runs.
    await writeFile(
      manager,
      `import { spawn } from "node:child_process";
      spawn("sh", ["-c", '"$0" "$1"; :', process.execPath, ${JSON.stringify(parent)}], { stdio: "inherit" });`,
    );
    const program = opened.use(new Program({ args: [manager] }));
    await program.says("server");
    program.child.kill(signal);
    const ended = await program.gone();
    expect(ended).toMatchObject({ signal, error: "" });
    expect(ended.out).toMatch(/\nstopped: what started it has ended\n$/);
  },
);
