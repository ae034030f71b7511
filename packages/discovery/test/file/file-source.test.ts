import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FakeClock, eventually } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Discovery, FileSource } from "../../src/index.ts";
import type { DiscoveryErrorEvent } from "../../src/index.ts";
import { tracked } from "../kubernetes/reflector/tracked.ts";
import { changingSourceContract, sourceContract } from "../source/source-contract.ts";
import type { ChangingSubject } from "../source/source-contract.ts";

const list = (...names: readonly string[]): string =>
  [
    "instances:",
    ...names.map((name) => `  - { name: ${name}, endpoints: [{ host: 10.0.0.1, port: 6379 }] }`),
    "",
  ].join("\n");

/** A folder of its own, away at the end. */
async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "fleet-file-source-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function subject(): Promise<ChangingSubject> {
  const { path, ...home } = await folder();
  const file = join(path, "fleet.yaml");
  const write = (...names: readonly string[]): Promise<void> => writeFile(file, list(...names));
  await write("orders", "sessions");
  const clock = new FakeClock();
  const { source, isOpen } = tracked(new FileSource({ path: file, clock }));
  // An open source that is not reading has one timer: that of the next resync.
  const idle = (): Promise<void> => eventually(() => expect(clock.pending).toBe(isOpen() ? 1 : 0));
  return {
    source,
    names: ["orders", "sessions"],
    settle: async () => {
      await idle();
      await clock.advance(30_000);
      await idle();
    },
    change: async () => {
      await write("orders", "users");
      return ["orders", "users"];
    },
    damage: () => rm(file),
    heal: () => write("orders", "sessions"),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      expect(clock.pending).toBe(0);
      await home[Symbol.asyncDispose]();
    },
  };
}

sourceContract("FileSource", subject);
changingSourceContract("FileSource", subject);

/** A started Discovery over one file, with what it reported and a way to let its debounce pass. */
async function watching(file: string, write?: () => Promise<void>): Promise<Watching> {
  const errors: DiscoveryErrorEvent[] = [];
  const name = `file:${file}`;
  const listen = (message: unknown): void => {
    if ((message as DiscoveryErrorEvent).source === name) errors.push(message as DiscoveryErrorEvent);
  };
  subscribe("fleet:discovery:error", listen);
  await write?.();
  const clock = new FakeClock();
  const discovery = new Discovery({
    sources: [new FileSource({ path: file, clock, debounceMs: 100 })],
    clock,
  });
  await discovery.start();
  const soon = async (check: () => void): Promise<void> => {
    await eventually(async () => {
      // Less than a resync however often it is tried: what is seen was told by the kernel.
      await clock.advance(25);
      check();
    });
  };
  return {
    discovery,
    errors,
    clock,
    soon,
    names: () => [...discovery.instances.keys()].toSorted(),
    [Symbol.asyncDispose]: async () => {
      unsubscribe("fleet:discovery:error", listen);
      await discovery.close();
    },
  };
}

interface Watching extends AsyncDisposable {
  readonly discovery: Discovery;
  readonly errors: readonly DiscoveryErrorEvent[];
  readonly clock: FakeClock;
  /** Retries until the check holds, 25 milliseconds of the clock a try. */
  soon(check: () => void): Promise<void>;
  names(): readonly string[];
}

describe("a changed file is read again", () => {
  test("when it is written in place", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    await writeFile(file, list("a", "b"));
    await it.soon(() => expect(it.names()).toEqual(["a", "b"]));
  });

  test("when another file is put in its place, as editors do", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    for (const name of ["b", "c", "d"]) {
      await writeFile(`${file}.new`, list(name));
      await rename(`${file}.new`, file);
      await it.soon(() => expect(it.names()).toEqual([name]));
    }
  });

  test("when Kubernetes swaps the folder of a ConfigMap behind its links", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    const publish = async (version: string, ...names: readonly string[]): Promise<void> => {
      await mkdir(join(home.path, version));
      await writeFile(join(home.path, version, "fleet.yaml"), list(...names));
      await symlink(version, join(home.path, "..data_tmp"));
      await rename(join(home.path, "..data_tmp"), join(home.path, "..data"));
    };
    await publish("..2026_1", "a");
    await symlink("..data/fleet.yaml", file);
    await using it = await watching(file);
    for (const version of [2, 3, 4]) {
      await publish(`..2026_${version}`, `v${version}`);
      await rm(join(home.path, `..2026_${version - 1}`), { recursive: true });
      await it.soon(() => expect(it.names()).toEqual([`v${version}`]));
    }
    expect(it.errors).toEqual([]);
  });

  test("when it is a link and its target changes in another folder", async () => {
    await using home = await folder();
    await using elsewhere = await folder();
    const target = join(elsewhere.path, "shared.yaml");
    const file = join(home.path, "fleet.yaml");
    await writeFile(target, list("a"));
    await symlink(target, file);
    await using it = await watching(file);
    await writeFile(target, list("b"));
    await it.soon(() => expect(it.names()).toEqual(["b"]));
  });

  test("at the next resync when its whole folder was replaced, and from then on at once", async () => {
    await using home = await folder();
    const current = join(home.path, "current");
    const file = join(current, "fleet.yaml");
    await using it = await watching(file, async () => {
      await mkdir(current);
      await writeFile(file, list("a"));
    });
    await rename(current, join(home.path, "old"));
    await mkdir(current);
    await writeFile(file, list("b"));
    await eventually(async () => {
      await it.clock.advance(30_000);
      expect(it.names()).toEqual(["b"]);
    });
    await eventually(() => expect(it.clock.pending).toBe(1));
    await writeFile(file, list("c"));
    await it.soon(() => expect(it.names()).toEqual(["c"]));
  });
});

describe("a reading", () => {
  test("waits for the end of the debounce, and many signs are one reading", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    const seen: string[] = [];
    it.discovery.subscribe(({ type, instance }) => seen.push(`${type} ${instance.name}`));
    await writeFile(file, "");
    await eventually(() => readdir(home.path));
    for (const name of ["b", "c", "d"]) await writeFile(file, list(name));
    await it.clock.advance(99);
    expect(it.names()).toEqual(["a"]);
    await it.soon(() => expect(it.names()).toEqual(["d"]));
    expect(seen).toEqual(["removed a", "added d"]);
    expect(it.errors).toEqual([]);
  });

  test("of the same content is a sync without a change", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    const before = it.discovery.instances;
    await it.clock.advance(29_999);
    expect(it.discovery.stats.sources[0]?.lastSyncAgeMs).toBe(29_999);
    await it.clock.advance(1);
    await eventually(() => expect(it.discovery.stats.sources[0]?.lastSyncAgeMs).toBe(0));
    expect(it.discovery.instances).toBe(before);
  });

  test("of JSON is a reading of YAML", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.json");
    const content = { instances: [{ name: "a", endpoints: [{ host: "h", port: 1 }] }] };
    await using it = await watching(file, () => writeFile(file, JSON.stringify(content)));
    expect(it.names()).toEqual(["a"]);
  });
});

describe("trouble keeps the last good set and is told", () => {
  test("a broken file, with line and column; repaired, it is read", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    await writeFile(file, "instances:\n  - name: B\n    endpoints: []\n");
    await it.soon(() => expect(it.errors.length).toBeGreaterThan(0));
    expect(it.names()).toEqual(["a"]);
    expect(it.errors[0]?.code).toBe("FLEET_DISCOVERY_INVALID_FILE");
    expect(it.errors[0]?.error).toMatchObject({
      path: file,
      faults: [
        expect.stringMatching(/^2:11 instances\[0\]\.name: must be a DNS label.*, got "B"$/),
        "3:16 instances[0].endpoints: must have at least one endpoint, got a list",
      ],
    });
    expect(it.discovery.stats.sources[0]).toMatchObject({
      state: "stale",
      instances: 1,
      lastError: "FLEET_DISCOVERY_INVALID_FILE",
    });
    await writeFile(file, list("b"));
    await it.soon(() => expect(it.names()).toEqual(["b"]));
    expect(it.discovery.stats.sources[0]).toMatchObject({ state: "current", lastError: undefined });
  });

  test("a file that is gone; back, it is read", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    await rm(file);
    await it.soon(() => expect(it.errors.length).toBeGreaterThan(0));
    expect(it.errors[0]?.error).toMatchObject({
      code: "FLEET_DISCOVERY_FILE_UNREADABLE",
      path: file,
      cause: { code: "ENOENT" },
    });
    expect(it.names()).toEqual(["a"]);
    await writeFile(file, list("b"));
    await it.soon(() => expect(it.names()).toEqual(["b"]));
  });

  test("an empty list is no trouble: it empties the set; an empty file is, and does not", async () => {
    await using home = await folder();
    const file = join(home.path, "fleet.yaml");
    await using it = await watching(file, () => writeFile(file, list("a")));
    await writeFile(file, "");
    await it.soon(() => expect(it.errors.length).toBeGreaterThan(0));
    expect(it.names()).toEqual(["a"]);
    await writeFile(file, "instances: []\n");
    await it.soon(() => expect(it.names()).toEqual([]));
  });
});

test.skipIf(process.platform !== "linux")("a closed source leaves no watch behind", async () => {
  /** How many folders this process watches. */
  const watches = async (): Promise<number> => {
    const files = await readdir("/proc/self/fdinfo");
    const texts = await Promise.all(
      files.map((fd) => readFile(`/proc/self/fdinfo/${fd}`, "utf8").catch(() => "")),
    );
    return texts.join("\n").match(/^inotify wd/gm)?.length ?? 0;
  };
  await using home = await folder();
  const before = await watches();
  const file = join(home.path, "fleet.yaml");
  await using it = await watching(file, () => writeFile(file, list("a")));
  expect(await watches()).toBe(before + 1);
  await it.discovery.close();
  expect(await watches()).toBe(before);
  expect(it.clock.pending).toBe(0);
});

describe("options", () => {
  test.for([
    [{ path: "" }, 'path must be the path of a file, got ""'],
    [{ path: "a", debounceMs: -1 }, "debounceMs must be milliseconds from 0 to 2147483647, got -1"],
    [{ path: "a", debounceMs: Number.NaN }, "got NaN"],
    [{ path: "a", resyncMs: 0 }, "resyncMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ path: "a", resyncMs: 2 ** 31 }, "got 2147483648"],
    [{ path: "a", name: "" }, "name must be a non-empty string"],
  ] as const)("%j", ([options, message]) => {
    expect(() => new FileSource(options)).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_OPTION",
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });
});
