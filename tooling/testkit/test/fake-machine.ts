import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An environment with a PATH and a cache folder of its own, into which a test puts the programs that it wants found. */
export interface FakeMachine extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  readonly cache: string;
  /** Puts a shell script on the PATH; answers where it is. */
  program(name: string, script: string): Promise<string>;
}

export async function fakeMachine(): Promise<FakeMachine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "fake-machine-")));
  const bin = join(root, "bin");
  const cache = join(root, "cache");
  await mkdir(bin);
  return {
    env: { PATH: bin, XDG_CACHE_HOME: cache, DOCKER_HOST: `unix://${join(root, "no.sock")}` },
    cache,
    async program(name, script) {
      const path = join(bin, name);
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
      return path;
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** What a server program answers to --version. */
export const says = (version: string, name = "Redis"): string =>
  `echo '${name} server v=${version} sha=00000000:0 malloc=libc bits=64 build=0'`;

/** A Debian, as far as unpacking a Redis goes. */
export interface FakeDebian {
  readonly lists?: "fresh" | "empty" | "gone";
  /** Of its Redis. */
  readonly version?: string;
  /** What the machine has already. */
  readonly installed?: readonly ("liblzf1" | "redis-server" | "redis-tools")[];
}

/** Programs that behave as apt-get and dpkg do there; the log tells what was asked of them. */
export async function fakeApt(
  machine: FakeMachine,
  log: string,
  { lists = "fresh", version = "7.0.15", installed = [] }: FakeDebian = {},
): Promise<void> {
  const plan = (
    [
      ["liblzf1", "3.6-3"],
      ["redis-tools", `5:${version}-1`],
      ["redis-server", `5:${version}-1`],
    ] as const
  )
    .filter(([name]) => !installed.includes(name))
    .map(([name, of]) => `echo "Inst ${name} (${of} Debian:12/stable [amd64])"`);
  await machine.program(
    "apt-get",
    `
PATH=/usr/bin:/bin
echo "apt-get $*" >> '${log}'
case "$*" in
  *"-s install"*)
    case "$* ${lists}" in
      *Dir::State::lists*|*" fresh"|*" gone") ${[":", ...plan].join("; ")}; echo "Conf redis-server" ;;
      *) echo "E: Unable to locate package redis-server" >&2; exit 100 ;;
    esac ;;
  *download*)
    case "$* ${lists}" in
      *Dir::State::lists*|*" fresh") for name; do case $name in lib*|redis*) touch "$name.deb" ;; esac; done ;;
      *) echo "E: Failed to fetch 404  Not Found" >&2; exit 100 ;;
    esac ;;
  *update*)
    case "$*" in
      *Dir::State::lists=*) ;;
      *) echo "E: List directory is not ours" >&2; exit 100 ;;
    esac ;;
esac`,
  );
  await machine.program(
    "dpkg",
    `
PATH=/usr/bin:/bin
echo "dpkg $*" >> '${log}'
mkdir -p "$3/usr/bin" "$3/usr/lib/some-arch"
case "$2" in
  *redis-server.deb) ln -s redis-check-rdb "$3/usr/bin/redis-server" ;;
  *redis-tools.deb) printf '#!/bin/sh\\necho "Redis server v=${version} sha=0"\\necho "$LD_LIBRARY_PATH" >&2\\n' > "$3/usr/bin/redis-check-rdb"; chmod 755 "$3/usr/bin/redis-check-rdb" ;;
  *) touch "$3/usr/lib/some-arch/liblzf.so.1" ;;
esac`,
  );
}
