import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { fuzz } from "./fuzz-campaign.ts";
import type { Sent } from "./tenants.ts";

const usage = `pnpm fuzz [--commands N] [--seed S] [--server PATH]

Sends N commands (20000) of two tenants through a whole gateway, over HTTP, as users of their own on the server, and compares every
answer with that of a Redis of the tenant's own. The first failure is made small and added to apps/gateway/test/campaign/fuzz-corpus.json,
which every run begins with. Ends with 1 where something failed.`;

const file = new URL("fuzz-corpus.json", import.meta.url);
const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    server: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(usage);
} else {
  const [commands, seed] = [Number(values.commands), Number(values.seed)];
  if (!Number.isInteger(commands) || commands < 1)
    throw new RangeError("--commands must be a whole number of at least 1");
  if (!Number.isInteger(seed)) throw new RangeError("--seed must be a whole number");
  const corpus = JSON.parse(await readFile(file, "utf8")) as Sent[][];
  const startedAt = performance.now();
  const progress = (done: number): void => {
    if (done % 40_000 < 400)
      console.log(`${done} commands, ${Math.round((performance.now() - startedAt) / 1000)} s`);
  };
  const { failures, ...figures } = await fuzz({ commands, seed, server: values.server, corpus, progress });
  console.log(JSON.stringify({ seed, ...figures, failures: failures.length }));
  for (const { fault, sent } of failures) {
    console.log(`${fault}\nby ${JSON.stringify(sent)}`);
    await writeFile(file, `${JSON.stringify([...corpus, sent], undefined, 2)}\n`);
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
}
