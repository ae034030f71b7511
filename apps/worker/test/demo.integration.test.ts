import { fileURLToPath } from "node:url";

import { Program } from "@fleet/testkit";
import { expect, test } from "vitest";

const args = ["--conditions=@fleet/source", fileURLToPath(new URL("../local/demo.ts", import.meta.url))];

test("the demonstration shows what it promises, ends, and leaves nothing", { timeout: 180_000 }, async () => {
  await using program = new Program({ args });
  const { code, out, error } = await program.gone();
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(out).toMatch(/ {2}verify {5}clean: 0 missing, 0 unexpected, /);
  expect(out).toMatch(/\nnothing was lost\n$/);
});

test("stopped by SIGTERM it ends with its workers", { timeout: 90_000 }, async () => {
  await using program = new Program({ args });
  await program.says("chunks in hand");
  program.child.kill("SIGTERM");
  expect(await program.gone()).toMatchObject({ code: 143, error: "" });
});
