import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { parseArgs } from "node:util";

import { root } from "./checkout.ts";
import { steps } from "./steps.ts";
import type { Step } from "./steps.ts";

const names = steps.map(({ name }) => name);
const usage = `pnpm check [--skip STEP]... [STEP]...

Runs the steps that are named, or all of them, and goes on after a red one: one look shows all that is red. Ends with 0 when
all are green, with 1 when one is red, with 2 for a wrong argument.

Steps: ${names.join(", ")}`;

/** Which steps to run; undefined when only the usage was asked for. */
function asked(args: readonly string[]): readonly Step[] | undefined {
  const { values, positionals } = parseArgs({
    // pnpm hands its own `--` on.
    args: args.filter((argument) => argument !== "--"),
    allowPositionals: true,
    options: {
      skip: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = [...values.skip, ...positionals].filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no step is named ${unknown.join(", ")}; there are ${names.join(", ")}`);
  return steps.filter(
    ({ name }) => !values.skip.includes(name) && (positionals.length === 0 || positionals.includes(name)),
  );
}

let chosen: readonly Step[] = [];
try {
  const all = asked(process.argv.slice(2));
  if (all === undefined) {
    console.log(usage);
    process.exit(0);
  }
  chosen = all;
} catch (error) {
  console.error(`check: ${(error as Error).message}`);
  process.exit(2);
}

const env = {
  ...process.env,
  PATH: `${root}/node_modules/.bin${delimiter}${process.env["PATH"] ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
};
let failed = 0;
let passed = 0;
for (const { name, command, shown = false } of chosen) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    cwd: root,
    encoding: "utf8",
    env,
    stdio: ["ignore", shown ? "inherit" : "pipe", shown ? "inherit" : "pipe"],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) {
    passed += 1;
    console.log(`ok    ${name} (${seconds} s)`);
  } else {
    failed += 1;
    console.log(`FAIL  ${name} (${seconds} s): ${command.join(" ")}\n${stdout ?? ""}${stderr ?? ""}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
