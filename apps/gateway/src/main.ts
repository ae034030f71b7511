#!/usr/bin/env node
import { Signals } from "./signals.ts";

const signals = new Signals();
// Loading the rest takes long enough for a signal to arrive meanwhile.
const { run } = await import("./run.ts");
await run(signals);
