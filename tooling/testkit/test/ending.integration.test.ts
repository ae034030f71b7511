import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { Program } from "../src/index.ts";

const parent = fileURLToPath(new URL("ending-parent.ts", import.meta.url));

test.for([
  ["a server that has been closed, and the watchdog that guarded it", "server"],
  ["sockets that were reset while their end was under way", "socket"],
  ["a double that closed while a client's TLS end was under way", "double"],
])("%s let a process come to its end, and nothing is left", { timeout: 60_000 }, async ([, use]) => {
  await using program = new Program({ args: [parent, use!] });
  expect(await program.gone()).toMatchObject({ code: 0, error: "" });
});
