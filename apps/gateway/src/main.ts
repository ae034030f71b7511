#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { Signals } from "./signals.ts";

const signals = new Signals();
const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly engines: { readonly node: string };
};

// An older Node cannot even read the rest, whose syntax is newer. So this file and what it imports have none of it.
const needed = Number.parseInt(engines.node.replace(/^\D+/, ""), 10);
if (Number.parseInt(process.versions.node, 10) < needed) {
  process.stderr.write(`fleet-gateway: Node ${needed} or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}

// Loading the rest takes long enough for a signal to arrive meanwhile.
const { run } = await import("./run.ts");
await run(signals);
