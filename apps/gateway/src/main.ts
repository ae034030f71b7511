#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import { discoveryText } from "./admin/discovery-text.ts";
import { parseCommandLine } from "./cli.ts";
import { loadConfig } from "./config.ts";
import { printConfig } from "./config/print-config.ts";
import { serve } from "./serve.ts";
import type { Serving } from "./serve.ts";
import { discover } from "./sources/discover.ts";
import { startFault } from "./start-fault.ts";
import { createToken, digestOf, isDigestShaped, piped } from "./token-secret.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const out = (line: string): void => void process.stdout.write(line);
const error = (line: string): void => void process.stderr.write(line);

async function main(): Promise<void> {
  const action = parseCommandLine(process.argv.slice(2), manifest.version, { out, error });
  if (action.run === "exit") {
    process.exitCode = action.code;
    return;
  }
  if (action.run === "digest") {
    const token = piped(await text(process.stdin));
    out(`${digestOf(token)}\n`);
    if (isDigestShaped(token))
      error(
        "note: what was piped in has the shape of a digest; if it is one, the configuration takes it as it is\n",
      );
    return;
  }
  if (action.run === "token-create") {
    const made = createToken();
    out(action.json ? `${JSON.stringify(made)}\n` : `token:  ${made.token}\ndigest: ${made.digest}\n`);
    return;
  }
  const { file, flags } = action;
  const loaded = await loadConfig({
    file,
    flags,
    environment: process.env,
    serves: action.run !== "discover",
  });
  if (action.run === "print-config") {
    out(printConfig(loaded));
    return;
  }
  if (action.run === "discover") {
    const found = await discover(loaded.config, process.env, undefined, action.dials);
    out(action.json ? `${JSON.stringify(found, undefined, 2)}\n` : discoveryText(found));
    process.exitCode = found.ok ? 0 : 1;
    return;
  }
  // A terminal or an operator sends it; its default would end the process with calls in flight.
  let hangUp = (): void => {};
  process.on("SIGHUP", () => hangUp());
  let stopping = false;
  const stopped = (serving: Serving) => (): void => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    void serving.close().then(
      () => process.exit(0),
      (reason: unknown) => {
        error(`${startFault(reason).lines.join("\n")}\n`);
        process.exit(1);
      },
    );
  };
  await serve(loaded.config, process.env, (serving) => {
    hangUp = serving.hangUp;
    const stop = stopped(serving);
    process.on("SIGTERM", stop).on("SIGINT", stop);
  }).catch((reason: unknown) => {
    // What is being stopped need not say that it has not started.
    if (!stopping) throw reason;
  });
}

main().catch((reason: unknown) => {
  const { lines, exitCode } = startFault(reason);
  error(`${lines.join("\n")}\n`);
  process.exit(exitCode);
});
