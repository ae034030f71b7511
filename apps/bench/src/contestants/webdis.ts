import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { CommandLine } from "../load/cores.ts";
import type { Address } from "../load/peer.ts";
import { HttpServer } from "./http-server.ts";

/** Starts webdis with one thread, as one core has use for one, and otherwise as it comes. */
export async function startWebdis(
  program: string,
  redis: Address,
  folder: string,
  pinned: (command: CommandLine) => CommandLine,
): Promise<HttpServer> {
  const file = join(folder, "webdis.json");
  const port = await freePort();
  const settings = {
    redis_host: redis.host,
    redis_port: redis.port,
    http_host: "127.0.0.1",
    http_port: port,
    threads: 1,
    pool_size: 20,
    daemonize: false,
    websockets: false,
    database: 0,
    verbosity: 0,
    logfile: join(folder, "webdis.log"),
  };
  await writeFile(file, JSON.stringify(settings));
  return HttpServer.start({ command: pinned([program, file]), url: `http://127.0.0.1:${port}`, folder });
}

/** Its version: it has no flag for that, but carries it in its greeting. */
export async function webdisVersion(program: string): Promise<string> {
  return /Webdis (\d+(?:\.\d+)+)/.exec(await readFile(program, "latin1"))?.[1] ?? "unknown";
}

/** A port that was free a moment ago: webdis cannot choose one and say which. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
