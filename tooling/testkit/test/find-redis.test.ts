import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { findContainerEngine } from "../src/container-engine.ts";
import { findRedis } from "../src/index.ts";
import { fakeApt, fakeMachine, says } from "./fake-machine.ts";

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

  test("one that is too old is refused with its version", async () => {
    await using machine = await fakeMachine();
    const path = await machine.program("redis-server", says("6.0.16"));
    await expect(findRedis(machine)).rejects.toThrow(
      `${path} is Redis 6.0.16; 6.2 is the oldest that works here`,
    );
  });
});

describe("on Debian and Ubuntu", () => {
  test("the package is unpacked into the cache folder, told in one line, and found there the next time", async () => {
    await using machine = await fakeMachine();
    const log = join(machine.env["PATH"]!, "log");
    await fakeApt(machine, log, "fresh");
    const said: string[] = [];
    const found = await findRedis({ env: machine.env, say: (line) => said.push(line) });
    const path = join(machine.cache, "fleet/redis/redis-server");
    expect(found).toEqual({ path, version: "7.0.15", flavour: "redis", how: "unpacked just now" });
    expect(said).toEqual([expect.stringContaining(join(machine.cache, "fleet/redis"))]);
    const asked = await readFile(log, "utf8");
    expect(asked).toContain("-s install --no-install-recommends redis-server");
    expect(asked).toContain("download liblzf1 redis-server");
    expect(asked).not.toContain(" update");
    expect(await findRedis(machine)).toEqual({ ...found, how: "unpacked before" });
  });

  test.for(["empty", "gone"] as const)(
    "lists are fetched where the machine's own are %s, and removed again",
    async (lists) => {
      await using machine = await fakeMachine();
      const log = join(machine.env["PATH"]!, "log");
      await fakeApt(machine, log, lists);
      expect((await findRedis(machine)).version).toBe("7.0.15");
      const asked = await readFile(log, "utf8");
      expect(asked.match(/^apt-get .*\bupdate$/gm)).toHaveLength(1);
      expect(await readdir(join(machine.cache, "fleet"))).toEqual(["redis"]);
      expect(await readdir(join(machine.cache, "fleet/redis"))).toEqual(["redis-server", "usr"]);
    },
  );

  test("the server runs with the libraries that came with it, wherever the folder is moved", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"), "fresh");
    const { path } = await findRedis(machine);
    const libraries = execFileSync("/bin/sh", ["-c", '"$0" 2>&1 >/dev/null', path], {
      encoding: "utf8",
      env: {},
    });
    expect(libraries.trim()).toBe(join(machine.cache, "fleet/redis/usr/lib/some-arch"));
  });

  test("several at once end with one whole copy", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"), "fresh");
    const found = await Promise.all(Array.from({ length: 4 }, () => findRedis(machine)));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(machine.cache, "fleet"))).toEqual(["redis"]);
  });

  test("a copy that does not run any more is replaced, and what a killed process left is removed", async () => {
    await using machine = await fakeMachine();
    await fakeApt(machine, join(machine.env["PATH"]!, "log"), "fresh");
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
  test("that does not answer is passed over quickly", async () => {
    await using machine = await fakeMachine();
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    const path = join(machine.env["PATH"]!, "engine.sock");
    await new Promise<void>((listening) => silent.listen(path, listening));
    const began = performance.now();
    await expect(findContainerEngine({ DOCKER_HOST: `unix://${path}` })).rejects.toThrow(
      /no container engine answers at .* \(no answer within 1000 ms\)|on Linux only/,
    );
    expect(performance.now() - began).toBeLessThan(2000);
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
    ["dnf", "sudo dnf install redis"],
    ["pacman", "sudo pacman -S valkey"],
  ])("and the one command that helps where there is %s", async ([tool, command]) => {
    await using machine = await fakeMachine();
    await machine.program(tool!, "exit 1");
    await expect(findRedis(machine)).rejects.toThrow(`This helps: ${command!}`);
  });
});
