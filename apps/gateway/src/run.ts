import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import { runTokenAction } from "./access/token-commands.ts";
import type { TokenAction } from "./access/token-commands.ts";
import { aclText } from "./acl/acl-text.ts";
import { runAcl } from "./acl/run-acl.ts";
import { discoveryText } from "./admin/discovery-text.ts";
import { parseCommandLine } from "./cli.ts";
import type { Action } from "./cli.ts";
import { loadConfig, printConfig } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { serve } from "./serve.ts";
import type { Serving } from "./serve.ts";
import type { Signals } from "./signals.ts";
import { discover } from "./sources/discover.ts";
import { startFault } from "./start-fault.ts";
import { digestOf, isDigestShaped, piped } from "./token-secret.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const out = (line: string): void => void process.stdout.write(line);
const error = (line: string): void => void process.stderr.write(line);

/** Does what the command line asks for, and ends the process with what came of it. */
export async function run(signals: Signals): Promise<void> {
  await command(signals).catch((reason: unknown) => {
    // A stop in the middle of the start is what was wanted.
    if (signals.stopped.aborted && reason === signals.stopped.reason) process.exit(0);
    const { lines, exitCode } = startFault(reason);
    error(`${lines.join("\n")}\n`);
    process.exit(exitCode);
  });
}

async function command(signals: Signals): Promise<void> {
  const action = parseCommandLine(process.argv.slice(2), manifest.version, { out, error });
  // A command that prints and exits has nothing to end in order.
  if (action.run !== "serve") signals.release();
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
  if (isOfTokens(action)) {
    const load = async (path: string | undefined): Promise<LoadedConfig> =>
      loadConfig({ file: path, environment: process.env });
    out(await runTokenAction(action, load, process.env["FLEET_CONFIG"] || undefined));
    return;
  }
  const { file, flags } = action;
  const given = { file, flags, environment: process.env };
  const loaded = await unlessStopped(
    signals.stopped,
    loadConfig({ ...given, serves: action.run !== "discover" && action.run !== "acl" }),
  );
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
  if (action.run === "acl") {
    const { servers, ok } = await runAcl(action, loaded.config, process.env);
    out(action.json ? `${JSON.stringify(servers, undefined, 2)}\n` : aclText(servers));
    process.exitCode = ok ? 0 : 1;
    return;
  }
  let isOpen = false;
  const listening = (serving: Serving): void => {
    isOpen = true;
    signals.hangUp = serving.hangUp;
    signals.stopped.addEventListener("abort", () => void end(serving), { once: true });
  };
  const again = {
    load: async () => loadConfig(given),
    file: file ?? (process.env["FLEET_CONFIG"] || undefined),
  };
  await serve(loaded.config, process.env, listening, { signal: signals.stopped, again }).catch(
    (reason: unknown) => {
      // What is being closed need not say that it has not started.
      if (!isOpen || !signals.stopped.aborted) throw reason;
    },
  );
}

function isOfTokens(action: Action): action is TokenAction {
  return action.run === "token-create" || action.run === "token-list" || action.run === "token-revoke";
}

async function end(serving: Serving): Promise<void> {
  try {
    await serving.close();
    process.exit(0);
  } catch (reason) {
    error(`${startFault(reason).lines.join("\n")}\n`);
    process.exit(1);
  }
}

/** @throws the signal's reason, however long the work still takes. */
async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
