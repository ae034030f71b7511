import { fileURLToPath } from "node:url";

import { Program } from "@fleet/testkit";
import { expect, test } from "vitest";

const args = ["--conditions=@fleet/source", fileURLToPath(new URL("../../local/start.ts", import.meta.url))];

test("the tour shows that nothing failed, ends, and leaves nothing", { timeout: 120_000 }, async () => {
  await using program = new Program({ args: [...args, "--try"] });
  const { code, out, error } = await program.gone();
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(out).toMatch(/\nnothing failed\n$/);
});
