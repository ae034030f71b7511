import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { eventually } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const settings = {
  listen: { port: 0 },
  adminListen: { port: 0 },
  drainDelayMs: 0,
  instances: [{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 1 }] }],
  tokens: [
    {
      name: "web",
      digest: hash("sha256", "stop-token-for-tests"),
      rights: "full",
      targets: "*",
      dedicated: true,
    },
  ],
};
const stops = ["SIGTERM", "SIGINT"] as const;

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "fleet-stop-"))));
afterAll(() => rm(folder, { recursive: true }));

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly log: () => string;
}

function start(config: string, nodeOptions: readonly string[] = []): Started {
  const args = [...nodeOptions, "--conditions=@fleet/source", main, "--config", config];
  const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] } });
  const ended = once(child, "exit");
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
  return {
    child,
    ended,
    log: () => log,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A process that sends itself a signal while its modules are loaded. */
async function signalledWhileLoading(signal: string): Promise<Started> {
  const config = join(folder, "gateway.json");
  await writeFile(config, JSON.stringify(settings));
  const hook = join(folder, `${signal}.mjs`);
  await writeFile(
    hook,
    `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name === "./serve.ts") process.kill(process.pid, "${signal}");
      return next(name, context);
    } });`,
  );
  return start(config, ["--import", hook]);
}

/** A process that reads a configuration which comes when the returned file is written and closed; it writes a word at its exit. */
async function readingItsConfiguration(name: string) {
  const config = join(folder, name);
  execFileSync("mkfifo", [config]);
  const hook = join(folder, `${name}.mjs`);
  await writeFile(
    hook,
    `import { writeSync } from "node:fs"; process.on("exit", (code) => writeSync(1, "exits with " + code));`,
  );
  const started = start(config, ["--import", hook]);
  // Opens when the other end does.
  return { started, file: await open(config, "w") };
}

const isListening = (started: Started): Promise<void> =>
  eventually(() => expect(started.log()).toContain('"listening"'), { timeoutMs: 15_000 });

test.for(stops)("%s while the modules are loaded ends it with 0", async (signal) => {
  await using started = await signalledWhileLoading(signal);
  expect(await started.ended).toEqual([0, null]);
  expect(started.log()).toBe("");
});

test.for(stops)("%s while the configuration is read ends it with 0", async (signal) => {
  const { started, file } = await readingItsConfiguration(`${signal}.json`);
  await using reading = started;
  reading.child.kill(signal);
  await eventually(() => expect(reading.log()).toBe("exits with 0"));
  // A thread that reads holds the process until there is an end to read.
  await file.close();
  expect(await reading.ended).toEqual([0, null]);
});

test.for(stops)("%s while a server is asked that is silent ends it with 0", async (signal) => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const config = join(folder, `silent-${signal}.json`);
  const sentinel = { sentinels: [{ host: "127.0.0.1", port }] };
  await writeFile(config, JSON.stringify({ ...settings, instances: undefined, sentinel }));
  await using started = start(config);
  await once(silent, "connection");
  started.child.kill(signal);
  expect(await started.ended).toEqual([0, null]);
  expect(started.log()).not.toContain("the gateway does not start");
  silent.close();
});

test("SIGHUP before the ports are open ends nothing: neither while the modules are loaded", async () => {
  await using started = await signalledWhileLoading("SIGHUP");
  await isListening(started);
  started.child.kill("SIGTERM");
  expect(await started.ended).toEqual([0, null]);
});

test("nor while the configuration is read", async () => {
  const { started, file } = await readingItsConfiguration("SIGHUP.json");
  await using reading = started;
  reading.child.kill("SIGHUP");
  await file.writeFile(JSON.stringify(settings));
  await file.close();
  await isListening(reading);
  reading.child.kill("SIGTERM");
  expect(await reading.ended).toEqual([0, null]);
});
