import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

import { onPath } from "./on-path.ts";
import { inspectBinary, isAtLeast } from "./redis-binary.ts";
import type { RedisBinary } from "./redis-binary.ts";

const run = promisify(execFile);
const aptMs = 300_000;
const leftoverMs = 3_600_000;

const home = (cache: string): string => join(cache, "fleet", "redis");

/** The distribution has a Redis, and it is too old: to install it would not help. */
export class OldDistributionError extends Error {
  override readonly name = "OldDistributionError";
}

/** The server that an earlier call unpacked; throws when there is none that runs. */
export async function unpackedRedis(cache: string, oldest: string): Promise<RedisBinary> {
  const path = join(home(cache), "redis-server");
  await stat(path).catch((cause: unknown) => {
    throw new Error(`${home(cache)} holds none from before`, { cause });
  });
  return inspectBinary(path, oldest);
}

/**
 * Unpacks the distribution's own Redis (Debian, Ubuntu) below the cache folder: the package manager fetches into folders
 * of ours, so that neither root is needed nor anything installed. Two at once do not disturb each other.
 */
export async function unpackRedis(
  cache: string,
  env: NodeJS.ProcessEnv,
  oldest: string,
  say: (line: string) => void,
): Promise<RedisBinary> {
  const [aptGet, dpkg] = await Promise.all([onPath("apt-get", env), onPath("dpkg", env)]);
  if (aptGet === undefined || dpkg === undefined)
    throw new Error("no apt-get and dpkg to unpack a package with");
  say(
    `no redis-server here: the distribution's package is unpacked into ${home(cache)} (nothing is installed)`,
  );
  await mkdir(dirname(home(cache)), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${cache} cannot be written to (${cause.code}); XDG_CACHE_HOME names another folder`, {
      cause,
    });
  });
  await removeLeftovers(cache);
  const work = await mkdtemp(`${home(cache)}-`);
  try {
    const result = join(work, "result");
    await mkdir(result);
    for (const archive of await fetchPackages(aptGet, work, env, oldest))
      await run(dpkg, ["-x", archive, result], { timeout: aptMs });
    await writeLauncher(result);
    await inspectBinary(join(result, "redis-server"), oldest);
    await moveHome(result, home(cache), oldest);
  } catch (cause) {
    if (cause instanceof OldDistributionError) throw cause;
    throw new Error(`unpacking the distribution's package failed: ${firstError(cause)}`, { cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return unpackedRedis(cache, oldest);
}

/** Downloads Redis and what of its dependencies this machine lacks; answers the archives. */
async function fetchPackages(
  aptGet: string,
  work: string,
  env: NodeJS.ProcessEnv,
  oldest: string,
): Promise<readonly string[]> {
  const folder = async (...names: string[]): Promise<string> => {
    const path = join(work, ...names);
    await mkdir(path, { recursive: true });
    return path;
  };
  const archives = await folder("archives");
  const lists = await folder("lists");
  await folder("lists", "partial");
  await folder("cache", "archives", "partial");
  const own = [
    "-o",
    `Dir::Cache=${join(work, "cache")}`,
    "-o",
    "Debug::NoLocking=1",
    "-o",
    "APT::Sandbox::User=",
  ];
  const apt = async (...args: readonly string[]): Promise<string> =>
    (
      await run(aptGet, [...own, ...args], {
        cwd: archives,
        env: { ...env, LC_ALL: "C" },
        timeout: aptMs,
        maxBuffer: 2 ** 26,
      })
    ).stdout;
  const fetch = async (...options: readonly string[]): Promise<void> => {
    const plan = await apt(...options, "-s", "install", "--no-install-recommends", "redis-server");
    const version = /^Inst redis-server (?:\[\S+\] )?\((?:\d+:)?(\d+\.\d+\.\d+)/m.exec(plan)?.[1];
    if (version !== undefined && !isAtLeast(version, oldest))
      throw new OldDistributionError(
        `the distribution's redis-server is ${version}; ${oldest} is the oldest that works here`,
      );
    const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
    // These also where they are installed: what is unpacked as redis-server is a link to a program of redis-tools.
    await apt(...options, "download", ...new Set([...missing, "redis-server", "redis-tools"]));
  };
  try {
    await fetch();
  } catch (error) {
    if (error instanceof OldDistributionError) throw error;
    // The machine's own lists are empty, or so old that they name packages that are gone.
    const options = ["-o", `Dir::State::lists=${lists}`];
    await apt(...options, "update");
    await fetch(...options);
  }
  return (await readdir(archives))
    .filter((name) => name.endsWith(".deb"))
    .map((name) => join(archives, name));
}

/** A launcher beside the unpacked files, so that a path is all that one needs to know. */
async function writeLauncher(result: string): Promise<void> {
  const libraries = new Set<string>();
  for (const entry of await readdir(result, { recursive: true, withFileTypes: true }))
    if (/\.so(\.|$)/.test(entry.name)) libraries.add(relative(result, entry.parentPath));
  const path = [...libraries].map((folder) => `$here/${folder}`).join(":");
  const launcher = join(result, "redis-server");
  await writeFile(
    launcher,
    `#!/bin/sh
here=$(cd "\${0%/*}" && pwd)
LD_LIBRARY_PATH="${path}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/usr/bin/redis-server" "$@"
`,
  );
  await chmod(launcher, 0o755);
}

async function moveHome(from: string, to: string, oldest: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    // Another process was quicker, or a broken or older one from before is in the way.
    const there = await inspectBinary(join(to, "redis-server"), oldest).catch(() => undefined);
    if (there !== undefined) return;
    await rename(to, `${from}-broken`);
    await rename(from, to);
  }
}

/** A process that was killed meanwhile leaves its working folder behind, with lists of up to 100 MB. */
async function removeLeftovers(cache: string): Promise<void> {
  const around = dirname(home(cache));
  for (const name of await readdir(around)) {
    const path = join(around, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (name.startsWith("redis-") && age > leftoverMs) await rm(path, { recursive: true, force: true });
  }
}

function firstError(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? "").split("\n");
  return lines.find((line) => line.startsWith("E:")) ?? lines.find((line) => line !== "") ?? message;
}
