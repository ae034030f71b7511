import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findContainerEngine } from "../src/find/container-engine.ts";
import { findRedis } from "../src/index.ts";
import { fakeApt, fakeMachine, says } from "./fake-machine.ts";
import type { FakeDebian } from "./fake-machine.ts";

describe("FLEET_REDIS_SERVER", () => {
  test("goes before what is on PATH", async () => {
    await using machine = await fakeMachine();
    await machine.program("redis-server", says("7.0.15"));
    const path = await machine.program("mine", says("8.0.2"));
    expect(await findRedis({ env: { ...machine.env, FLEET_REDIS_SERVER: path } })).toEqual({
      path,
      version: "8.0.2",
      flavour: "redis",
      how: "named by FLEET_REDIS_SERVER",
    });
  });

  test.for([
    ["is not there", "/no/such/server", "FLEET_REDIS_SERVER: /no/such/server cannot be run (ENOENT)"],
    [
      "is something else",
      "/bin/echo",
      'FLEET_REDIS_SERVER: /bin/echo is not a Redis or Valkey server: it says "',
    ],
  ])("that %s is an error, though there is another", async ([, path, message]) => {
    await using machine = await fakeMachine();
    await machine.program("redis-server", says("7.0.15"));
    await expect(findRedis({ env: { ...machine.env, FLEET_REDIS_SERVER: path! } })).rejects.toThrow(message!);
  });

  test("set to nothing is not set", async () => {
    await using machine = await fakeMachine();
    await machine.program("redis-server", says("7.0.15"));
    expect((await findRedis({ env: { ...machine.env, FLEET_REDIS_SERVER: "" } })).how).toBe("found on PATH");
  });
});

describe("on PATH", () => {
  test("redis-server goes before valkey-server", async () => {
    await using machine = await fakeMachine();
    const valkey = await machine.program("valkey-server", says("8.1.1", "Valkey"));
    expect(await findRedis(machine)).toMatchObject({ path: valkey, version: "8.1.1", flavour: "valkey" });
    const redis = await machine.program("redis-server", says("6.2.0"));
    expect(await findRedis(machine)).toMatchObject({ path: redis, version: "6.2.0", flavour: "redis" });
  });

  test.for([
    ["is too old", says("6.0.16"), "is Redis 6.0.16; 6.2 is the oldest that works here"],
    ["is something else", "echo tin", 'is not a Redis or Valkey server: it says "tin"'],
    ["does not run", "exit 3", "cannot be run"],
  ])(
    "one that %s is passed over for one in another folder, and the reason is said",
    async ([, script, why]) => {
      await using machine = await fakeMachine();
      await using other = await fakeMachine();
      const path = await machine.program("redis-server", script!);
      const good = await other.program("redis-server", says("7.2.4"));
      const said: string[] = [];
      const env = { ...machine.env, PATH: `${machine.env["PATH"]}:${other.env["PATH"]}` };
      expect((await findRedis({ env, say: (line) => said.push(line) })).path).toBe(good);
      expect(said).toEqual([expect.stringMatching(`^passed over: ${path} `)]);
      expect(said[0]).toContain(why);
    },
  );

  test("an old redis-server is passed over for a valkey-server", async () => {
    await using machine = await fakeMachine();
    await machine.program("redis-server", says("5.0.7"));
    const valkey = await machine.program("valkey-server", says("7.2.5", "Valkey"));
    expect(await findRedis(machine)).toMatchObject({ path: valkey, flavour: "valkey" });
  });

  test("an old one is passed over for the distribution's", async () => {
    await using machine = await fakeMachine();
    await machine.program("redis-server", says("5.0.7"));
    await fakeApt(machine, join(machine.env["PATH"]!, "log"));
    expect(await findRedis(machine)).toMatchObject({ version: "7.0.15", how: "unpacked just now" });
  });

  test("where there is nothing else, the error says so, and what helps", async () => {
    await using machine = await fakeMachine();
    const path = await machine.program("redis-server", says("6.0.16"));
    await machine.program("brew", "exit 1");
    await expect(findRedis(machine)).rejects.toMatchObject({
      name: "RedisNotFoundError",
      message: expect.stringMatching(
        `^no Redis to start:\n- ${path} is Redis 6\\.0\\.16; 6\\.2 is the oldest that works here\n[^]*This helps: brew install redis$`,
      ) as string,
    });
  });

  test("a caller may need less", async () => {
    await using machine = await fakeMachine();
    const path = await machine.program("redis-server", says("6.0.16"));
    expect(await findRedis({ ...machine, oldest: "6.0" })).toMatchObject({ path, version: "6.0.16" });
    await expect(findRedis({ env: { ...machine.env, FLEET_REDIS_SERVER: path } })).rejects.toThrow(
      `FLEET_REDIS_SERVER: ${path} is Redis 6.0.16; 6.2 is the oldest that works here`,
    );
    await machine.program("redis-server", says("5.0.14"));
    await expect(findRedis({ ...machine, oldest: "6.0" })).rejects.toThrow(
      "5.0.14; 6.0 is the oldest that works here",
    );
  });
});

describe("on Debian and Ubuntu", () => {
  test("the package is unpacked into the cache folder, told in one line, and found there the next time", async () => {
    await using machine = await fakeMachine();
    const log = join(machine.env["PATH"]!, "log");
    await fakeApt(machine, log);
    const said: string[] = [];
    const found = await findRedis({ env: machine.env, say: (line) => said.push(line) });
    const path = join(machine.cache, "fleet/redis/redis-server");
    expect(found).toEqual({ path, version: "7.0.15", flavour: "redis", how: "unpacked just now" });
    expect(said).toEqual([expect.stringContaining(join(machine.cache, "fleet/redis"))]);
    const asked = await readFile(log, "utf8");
    expect(asked).toContain("-s install --no-install-recommends redis-server");
    expect(asked).toContain("download liblzf1 redis-tools redis-server");
    expect(asked).not.toContain(" update");
    expect(await findRedis(machine)).toEqual({ ...found, how: "unpacked before" });
  });

  test.for(["empty", "gone"] as const)(
    "lists are fetched where the machine's own are %s, and removed again",
    async (lists) => {
      await using machine = await fakeMachine();
      const log = join(machine.env["PATH"]!, "log");
      await fakeApt(machine, log, { lists });
      expect((await findRedis(machine)).version).toBe("7.0.15");
      const asked = await readFile(log, "utf8");
      expect(asked.match(/^apt-get .*\bupdate$/gm)).toHaveLength(1);
      expect(await readdir(join(machine.cache, "fleet"))).toEqual(["redis"]);
      expect(await readdir(join(machine.cache, "fleet/redis"))).toEqual(["redis-server", "usr"]);
    },
  );

  test.for<readonly [string, Required<FakeDebian>["installed"]]>([
    ["redis-tools alone is installed", ["redis-tools"]],
    ["redis-server is installed, and not on PATH", ["liblzf1", "redis-server", "redis-tools"]],
  ])("the package is unpacked whole where %s", async ([, installed]) => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"), { installed });
    expect(await findRedis(machine)).toMatchObject({ version: "7.0.15", how: "unpacked just now" });
  });

  test("a package that is too old is not fetched, and not advised", async () => {
    await using machine = await fakeMachine();
    const log = join(machine.env["PATH"]!, "log");
    await fakeApt(machine, log, { version: "6.0.16" });
    const error = (await findRedis(machine).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(
      /^- the distribution's redis-server is 6\.0\.16; 6\.2 is the oldest that works here$[^]*^Install Redis 6\.2 or newer, or Valkey, or name one with FLEET_REDIS_SERVER; .*https:/m,
    );
    expect(error.message).not.toContain("apt-get install");
    expect(await readFile(log, "utf8")).not.toMatch(/ download | update/);
  });

  test("one that was unpacked before and is too old now is replaced once there is a newer one", async () => {
    await using machine = await fakeMachine();
    const log = join(machine.env["PATH"]!, "log");
    await fakeApt(machine, log, { version: "6.0.16" });
    expect(await findRedis({ ...machine, oldest: "6.0" })).toMatchObject({ version: "6.0.16" });
    await expect(findRedis(machine)).rejects.toThrow("6.0.16; 6.2 is the oldest that works here");
    await fakeApt(machine, log, { version: "7.0.15" });
    expect(await findRedis(machine)).toMatchObject({ version: "7.0.15", how: "unpacked just now" });
    expect(await findRedis(machine)).toMatchObject({ version: "7.0.15", how: "unpacked before" });
  });

  test("the server runs with the libraries that came with it, wherever the folder is moved", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"));
    const { path } = await findRedis(machine);
    const libraries = execFileSync("/bin/sh", ["-c", '"$0" 2>&1 >/dev/null', path], {
      encoding: "utf8",
      env: {},
    });
    expect(libraries.trim()).toBe(join(machine.cache, "fleet/redis/usr/lib/some-arch"));
  });

  test("a cache folder that cannot be written to is named, with what helps", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"));
    // A file in its place, since root may write into any folder.
    await writeFile(machine.cache, "");
    await expect(findRedis(machine)).rejects.toThrow(
      `- ${machine.cache} cannot be written to (ENOTDIR); XDG_CACHE_HOME names another folder\n`,
    );
  });

  test("several at once end with one whole copy", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"));
    const found = await Promise.all(Array.from({ length: 4 }, () => findRedis(machine)));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(machine.cache, "fleet"))).toEqual(["redis"]);
  });

  test("a copy that does not run any more is replaced, and what a killed process left is removed", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"));
    const broken = join(machine.cache, "fleet/redis");
    const leftover = join(machine.cache, "fleet/redis-abcdef");
    const recent = join(machine.cache, "fleet/redis-ghijkl");
    for (const folder of [broken, leftover, recent]) await mkdir(folder, { recursive: true });
    await writeFile(join(broken, "redis-server"), "not a program");
    await utimes(leftover, 0, 0);
    expect((await findRedis(machine)).how).toBe("unpacked just now");
    expect([existsSync(leftover), existsSync(recent)]).toEqual([false, true]);
  });

  test("a failure is told with the package manager's own words, and leaves nothing behind", async () => {
    await using machine = await fakeMachine();
    await machine.program("dpkg", "exit 1");
    await machine.program(
      "apt-get",
      'echo "W: slow" >&2; echo "E: Temporary failure resolving deb.debian.org" >&2; exit 100',
    );
    await expect(findRedis(machine)).rejects.toThrow("E: Temporary failure resolving deb.debian.org");
    expect(await readdir(join(machine.cache, "fleet"))).toEqual([]);
  });
});

describe("a container engine", () => {
  test("that does not answer is passed over", async () => {
    await using machine = await fakeMachine();
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    const path = join(machine.env["PATH"]!, "engine.sock");
    await new Promise<void>((listening) => silent.listen(path, listening));
    await expect(findContainerEngine({ DOCKER_HOST: `unix://${path}` })).rejects.toThrow(
      /no container engine answers at .* \(no answer within 1000 ms\)|on Linux only/,
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => silent.close(closed));
  });

  test.skipIf(process.platform !== "linux")("on another machine is of no use", async () => {
    await expect(findContainerEngine({ DOCKER_HOST: "tcp://10.0.0.1:2375" })).rejects.toThrow(
      "the container engine at tcp://10.0.0.1:2375 is not on this machine",
    );
  });
});

describe("where there is none", () => {
  test("the error lists what was tried", async () => {
    await using machine = await fakeMachine();
    await expect(findRedis(machine)).rejects.toMatchObject({
      name: "RedisNotFoundError",
      message: expect.stringMatching(
        /^no Redis to start:\n- .* not on PATH\n- .*holds none from before\n- no apt-get[^\n]*\n- [^\n]+\nInstall Redis 6\.2 or newer/,
      ) as string,
    });
  });

  test.skipIf(process.platform === "win32").for([
    ["brew", "brew install redis"],
    ["apk", "apk add redis"],
    ["dnf", "sudo dnf install redis || sudo dnf install valkey"],
    ["pacman", "sudo pacman -S valkey"],
    ["nix-shell", "nix-shell -p redis"],
  ])("and the one command that helps where there is %s", async ([tool, command]) => {
    await using machine = await fakeMachine();
    await machine.program(tool!, "exit 1");
    await expect(findRedis(machine)).rejects.toThrow(`This helps: ${command!}`);
  });
});
