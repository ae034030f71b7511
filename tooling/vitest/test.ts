import { fileURLToPath } from "node:url";

import { parseCLI, startVitest } from "vitest/node";

import ClosingLine from "./closing-line.ts";
import { pathFault } from "./path-fault.ts";
import { namedServer, takeServer } from "./server-option.ts";

const usage = `pnpm test [--server redis8|valkey|PATH] [FILTER]... [vitest's own options]

Runs all tests but those that need a cluster, or those in files whose path contains a filter. Of vitest's options the most used are
--project unit|integration|kubernetes|types, -t PATTERN (names of tests) and --reporter; \`pnpm exec vitest run --help\` prints all.`;

if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
  console.log(usage);
  process.exit(0);
}

// What `pnpm test` runs: all tests but those that need a cluster, or what vitest's own filters and flags leave of them, and `--server`.
let closing: ClosingLine | undefined;
try {
  const fault = pathFault(fileURLToPath(new URL("../..", import.meta.url)));
  if (fault !== undefined) throw new Error(fault);
  const { server, rest } = takeServer(process.argv.slice(2));
  if (server !== undefined) process.env["FLEET_REDIS_SERVER"] = namedServer(server, process.env);

  const { filter, options } = parseCLI(["vitest", "run", ...rest]);
  const { reporter, ...flags } = options as typeof options & { readonly reporter?: string | string[] };
  closing = new ClosingLine(filter);
  const vitest = await startVitest("test", filter, {
    project: ["unit", "integration", "kubernetes", "types"],
    ...flags,
    config: fileURLToPath(new URL("vitest.config.ts", import.meta.url)),
    watch: false,
    reporters: [...[reporter ?? "default"].flat(), closing],
  });
  await vitest.exit();
} catch (error) {
  // So that there is a last line in any case.
  closing ??= new ClosingLine();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
