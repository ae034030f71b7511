import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { root, text } from "../checkout.ts";
import { reference } from "./pages.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(`pnpm reference [--check]

Writes docs/reference/ from the doc comments of the sources. With --check it writes nothing and ends with 1 when a page is not
current, or when an option, a code, a channel or a metric has no meaning.`);
  process.exit(0);
}

/** A page as the formatter of the repository writes it. */
function formatted(path: string, content: string): string {
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/oxfmt"),
    ["-c", "tooling/lint/oxfmt.json", "--stdin-filepath", path],
    { cwd: root, encoding: "utf8", input: content },
  );
  if (status !== 0) throw new Error(`${path} cannot be formatted: ${stderr}`);
  return stdout;
}

const { pages, gaps } = await reference();
const faults = [...gaps];
for (const [path, page] of pages) {
  const content = formatted(path, page);
  if (existsSync(join(root, path)) && text(path) === content) continue;
  if (values.check) faults.push(`${path} is not current: run pnpm reference`);
  else {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    console.log(`written: ${path}`);
  }
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
