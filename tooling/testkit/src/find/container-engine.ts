import { readlink } from "node:fs/promises";
import { request } from "node:http";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Running } from "../processes/server-process.ts";
import { watchdog } from "../processes/watchdog.ts";
import { parseVersion } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";

const answerMs = 1000;
/** Images call it the one or the other. */
const server = '"$(command -v redis-server || command -v valkey-server)"';

/**
 * The socket of a container engine on this machine that answers; throws when there is none. Asked directly and only
 * once, so that a machine without one loses no time. Linux only: elsewhere an engine's host network is not this host's.
 */
export async function findContainerEngine(env: NodeJS.ProcessEnv): Promise<string> {
  if (process.platform !== "linux")
    throw new Error(`containers are used on Linux only, this is ${process.platform}`);
  const address = env["DOCKER_HOST"] || "unix:///var/run/docker.sock";
  if (!address.startsWith("unix://"))
    throw new Error(`the container engine at ${address} is not on this machine`);
  const socketPath = address.slice("unix://".length);
  await new Promise<void>((resolve, reject) => {
    const ping = request({ socketPath, path: "/_ping", timeout: answerMs }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`status ${response.statusCode}`));
    });
    ping.once("timeout", () => ping.destroy(new Error(`no answer within ${answerMs} ms`)));
    ping.once("error", reject);
    ping.end();
  }).catch((cause: Error) => {
    throw new Error(`no container engine answers at ${socketPath} (${cause.message})`, { cause });
  });
  return socketPath;
}

/** Asks the server in an image for its version; pulls the image when it is not there. */
export async function inspectImage(image: string, oldest?: string): Promise<RedisBinary> {
  const { ImageName, getContainerRuntimeClient } = await import("testcontainers");
  const client = await getContainerRuntimeClient();
  const name = ImageName.fromString(image);
  if (!(await client.image.exists(name))) await client.image.pull(name);
  const container = await client.container.dockerode.createContainer({
    Image: image,
    Entrypoint: ["/bin/sh", "-c", `exec ${server} --version`],
    Cmd: [],
  });
  try {
    await container.start();
    await container.wait();
    const said = textOf(await container.logs({ stdout: true, stderr: true }));
    return { path: "redis-server", ...parseVersion(`the server in ${image}`, said, oldest) };
  } finally {
    await container.remove({ force: true });
  }
}

/**
 * Runs the server of an image as a process of this machine: in its network, as this user, with its folder and those
 * beside it. So it is signalled, and guarded by the watchdog, like any other.
 */
export async function startContainer(
  image: string,
  args: readonly string[],
  folder: string,
  logFile: string,
): Promise<Running> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  const client = await getContainerRuntimeClient();
  const shared = dirname(folder);
  const container = await client.container.dockerode.createContainer({
    Image: image,
    Entrypoint: ["/bin/sh", "-c", `log=$1; shift; exec ${server} "$@" >> "$log" 2>&1`, "sh"],
    Cmd: [logFile, ...args],
    User: `${process.getuid!()}:${process.getgid!()}`,
    WorkingDir: folder,
    HostConfig: { AutoRemove: true, NetworkMode: "host", Binds: [`${shared}:${shared}`] },
  });
  await container.start();
  // One that has ended already is gone, with its container; its log says why.
  const pid = await container.inspect().then(
    ({ State }) => State.Pid,
    () => 0,
  );
  if (pid > 0 && !(await isOurs(pid, folder))) {
    await container.remove({ force: true });
    throw new Error("the container engine's processes are not those of this machine");
  }
  return new ContainerProcess(pid);
}

class ContainerProcess implements Running {
  readonly pid: number;

  #exited: boolean;

  /** @param pid 0 for one that has ended. */
  constructor(pid: number) {
    this.pid = pid;
    this.#exited = pid === 0;
    if (!this.#exited) watchdog().guard(pid);
  }

  get exited(): boolean {
    if (this.#exited) return true;
    try {
      process.kill(this.pid, 0);
    } catch {
      this.#exited = true;
      watchdog().forget(this.pid);
    }
    return this.#exited;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.exited) process.kill(this.pid, name);
  }

  async exit(): Promise<void> {
    while (!this.exited) await sleep(5);
  }
}

/** In a container with the engine's socket inside, the engine's process numbers mean other processes than ours. */
async function isOurs(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === folder;
  } catch (error) {
    // It has ended meanwhile.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** The engine sends both streams as one, each piece behind a header of eight bytes that ends with its length. */
function textOf(stream: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length;) {
    const length = stream.readUInt32BE(at + 4);
    parts.push(stream.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}
