import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { parseArgs } from "node:util";

import { root } from "./rooms.ts";
import { steps } from "./steps.ts";

// `pnpm check [--skip NAME]... [NAME]...`: runs the steps, goes on after a red one, so that one look shows all that is red.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { skip: { type: "string", multiple: true, default: [] } },
});
const names = steps.map(({ name }) => name);
const unknown = [...values.skip, ...positionals].filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`check: no step named ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(2);
}

const env = {
  ...process.env,
  PATH: `${root}/node_modules/.bin${delimiter}${process.env["PATH"] ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
};
let failed = 0;
let passed = 0;
for (const { name, command } of steps) {
  if (values.skip.includes(name) || (positionals.length > 0 && !positionals.includes(name))) continue;
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    cwd: root,
    encoding: "utf8",
    env,
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
