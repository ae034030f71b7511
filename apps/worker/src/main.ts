#!/usr/bin/env node
import { readFileSync } from "node:fs";

const { version, engines } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { readonly version: string; readonly engines: { readonly node: string } };

// An older Node cannot even read the rest, whose syntax is newer. So this file has none of it.
const needed = Number.parseInt(engines.node.replace(/^\D+/, ""), 10);
if (Number.parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(`fleet-worker: Node ${needed} or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}

const { run } = await import("./run.ts");
await run(version);
