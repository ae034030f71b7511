import { appendFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname } from "node:path";

import { parseVersion } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";
import type { Running } from "./server-process.ts";

const answerMs = 1000;
/** Images call it the one or the other. */
const launcher = [
  "/bin/sh",
  "-c",
  'exec "$(command -v redis-server || command -v valkey-server)" "$@"',
  "sh",
];

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
export async function inspectImage(image: string): Promise<RedisBinary> {
  const { ImageName, getContainerRuntimeClient } = await import("testcontainers");
  const client = await getContainerRuntimeClient();
  const name = ImageName.fromString(image);
  if (!(await client.image.exists(name))) await client.image.pull(name);
  const container = await createContainer(image, ["--version"], "/");
  await container.start();
  await container.wait();
  const said = await logsOf(container);
  await container.remove();
  return { path: "redis-server", ...parseVersion(`the server in ${image}`, said) };
}

/** Runs the server of an image in the network of this host, as this user, with its folder and those beside it. */
export async function startContainer(
  image: string,
  args: readonly string[],
  folder: string,
  logFile: string,
): Promise<Running> {
  const container = await createContainer(image, args, folder);
  await container.start();
  const { State } = await container.inspect();
  let exited = false;
  const exit = container.wait().then(async () => {
    await appendFile(logFile, await logsOf(container));
    await container.remove();
    exited = true;
  });
  return {
    pid: State.Pid,
    get exited() {
      return exited;
    },
    signal(name) {
      // Refused when the server has ended meanwhile, which is what the caller waits for then.
      if (!exited) container.kill({ signal: name }).catch(() => {});
    },
    exit: () => exit,
  };
}

type EngineContainer = Awaited<ReturnType<typeof createContainer>>;

async function createContainer(image: string, args: readonly string[], folder: string) {
  const { LABEL_TESTCONTAINERS_SESSION_ID, getContainerRuntimeClient, getReaper } =
    await import("testcontainers");
  const client = await getContainerRuntimeClient();
  // Removes what carries the session's label once this process is gone, however it went.
  const reaper = await getReaper(client);
  return client.container.dockerode.createContainer({
    Image: image,
    Entrypoint: launcher,
    Cmd: [...args],
    User: `${process.getuid!()}:${process.getgid!()}`,
    WorkingDir: folder,
    Labels: { [LABEL_TESTCONTAINERS_SESSION_ID]: reaper.sessionId },
    HostConfig: {
      NetworkMode: "host",
      ...(folder !== "/" && { Binds: [`${dirname(folder)}:${dirname(folder)}`] }),
    },
  });
}

async function logsOf(container: EngineContainer): Promise<string> {
  const logs = await container.logs({ stdout: true, stderr: true });
  return textOf(logs);
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
