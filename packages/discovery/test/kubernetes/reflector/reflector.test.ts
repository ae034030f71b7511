import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as afterIo } from "node:timers/promises";

import { FakeClock } from "@fleet/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { DiscoveryReflectorEvent } from "../../../src/index.ts";
import { ApiError, Reflector } from "../../../src/kubernetes/index.ts";
import type {
  ApiWatchOptions,
  ReflectorHandler,
  ReflectorOptions,
  WatchEvent,
} from "../../../src/kubernetes/index.ts";
import { object, ScriptedApi } from "../api/scripted-api.ts";

const resource = { group: "", version: "v1", plural: "services" };
const request = { verb: "watch", group: "", resource: "services" } as const;

/** What is told on the channel. */
const told: DiscoveryReflectorEvent[] = [];
const listen = (message: unknown): void => void told.push(message as DiscoveryReflectorEvent);
beforeEach(() => subscribe("fleet:discovery:reflector", listen));
afterEach(() => {
  unsubscribe("fleet:discovery:reflector", listen);
  told.length = 0;
});

function refused(status: number, retryAfterMs?: number): ApiError {
  return new ApiError("FLEET_DISCOVERY_API_REFUSED", `refused (${status})`, {
    request,
    status,
    retryAfterMs,
  });
}
const lost = (): ApiError => new ApiError("FLEET_DISCOVERY_API_UNREACHABLE", "no connection", { request });

class Scene implements AsyncDisposable {
  readonly api = new ScriptedApi();
  readonly clock = new FakeClock();
  /** What the handler heard: `+a`, `~a`, `-a`, `=`, `!CODE`. */
  readonly heard: string[] = [];
  readonly reflector: Reflector<string>;

  constructor(options: Partial<ReflectorOptions<string>> = {}) {
    const handler: ReflectorHandler<string> = {
      applied: (item, previous) => void this.heard.push(`${previous === undefined ? "+" : "~"}${item}`),
      deleted: (item) => void this.heard.push(`-${item}`),
      synced: () => void this.heard.push("="),
      failed: (error) => void this.heard.push(`!${(error as ApiError).status ?? error.message}`),
    };
    this.reflector = new Reflector<string>({
      api: this.api,
      resource,
      project: ({ metadata }) => metadata.name,
      handler,
      clock: this.clock,
      random: () => 0.5,
      ...options,
    });
  }

  /** Has a and b at version 100, and watches. */
  static async synced(options: Partial<ReflectorOptions<string>> = {}): Promise<Scene> {
    const scene = new Scene(options);
    const started = scene.reflector.start();
    await scene.clock.advance(0);
    scene.api.watched.whole("100", "a", "b");
    await started;
    scene.heard.length = 0;
    return scene;
  }

  /** Lets whoever waits go on, without time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await afterIo();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reflector.close();
    assert.equal(this.clock.pending, 0);
    assert.deepEqual(
      this.api.watches.filter(({ isOpen }) => isOpen),
      [],
    );
  }
}

describe("the life of a reflector", () => {
  test("begins with a whole set: start() resolves when it is there and told", async () => {
    await using scene = new Scene();
    const started = scene.reflector.start();
    expect([scene.reflector.stats.state, scene.reflector.hasSynced]).toEqual(["listing", false]);
    expect(scene.reflector.lastSyncAgeMs).toBeUndefined();
    await scene.clock.advance(700);
    scene.api.watched.whole("100", "a", "b");
    await started;
    await scene.settle();
    expect(scene.heard).toEqual(["+a", "+b", "="]);
    expect([...scene.reflector.items]).toEqual([
      ["uid-a", "a"],
      ["uid-b", "b"],
    ]);
    // The set is as old as the question.
    expect(scene.reflector.stats).toEqual({
      resource: "services",
      state: "watching",
      objects: 2,
      hasSynced: true,
      lastSyncAgeMs: 700,
      lists: 1,
      restarts: {},
      events: { ADDED: 2, BOOKMARK: 1 },
      decodeErrors: 0,
    });
    expect(told.map(({ event }) => event)).toEqual(["listed", "synced", "watching"]);
  });

  test("ends with close(), before its first set too, and only then does start() reject", async () => {
    const scene = new Scene();
    const started = scene.reflector.start();
    await scene.clock.advance(0);
    await scene.reflector.close();
    await expect(started).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    await expect(scene.reflector.start()).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    await scene.reflector.close();
    expect([scene.reflector.stats.state, scene.heard]).toEqual(["closed", []]);
    expect(told.map(({ event }) => event)).toEqual(["closed"]);
    await scene[Symbol.asyncDispose]();
  });

  test("ends with its signal, and nobody needs to have waited for it", async () => {
    const scene = new Scene();
    const abort = new AbortController();
    const started = scene.reflector.start({ signal: abort.signal });
    await scene.clock.advance(0);
    abort.abort(new Error("enough"));
    await scene.settle();
    await expect(started).rejects.toThrow("enough");
    await scene[Symbol.asyncDispose]();
    const other = new Scene();
    await expect(other.reflector.start({ signal: abort.signal })).rejects.toThrow("enough");
    expect(other.api.watches).toEqual([]);
    await other[Symbol.asyncDispose]();
  });

  test("is started once, and closed without a start", async () => {
    await using scene = await Scene.synced();
    await expect(scene.reflector.start()).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    expect(scene.reflector.stats.state).toBe("watching");
    await new Scene().reflector.close();
  });

  test.for(["auto", "never"] as const)("ends when it has just begun (streaming %s)", async (streaming) => {
    const scene = new Scene({ streaming });
    const started = scene.reflector.start();
    await scene.settle();
    scene.api.watches[0]?.whole("100", "a");
    await started;
    await scene.reflector.close();
    expect(scene.reflector.stats.state).toBe("closed");
    await scene[Symbol.asyncDispose]();
  });

  test("closes also in the very turn in which a watch is accepted", async () => {
    const scene = await Scene.synced();
    const watch = scene.api.watch.bind(scene.api);
    const closed = Promise.withResolvers<void>();
    const closing = (path: string, options: ApiWatchOptions): AsyncGenerator<WatchEvent> =>
      watch(path, {
        ...options,
        opened: () => {
          closed.resolve(scene.reflector.close());
          options.opened?.();
        },
      });
    Object.assign(scene.api, { watch: closing });
    scene.api.watched.end();
    await scene.clock.advance(60_000);
    await closed.promise;
    expect(scene.reflector.stats.state).toBe("closed");
  });

  test("keeps its set when it is closed, and tells nothing any more", async () => {
    const scene = await Scene.synced();
    const { watched } = scene.api;
    await scene.reflector.close();
    watched.event("ADDED", "c", "101");
    await scene.settle();
    expect([[...scene.reflector.items.values()], scene.heard]).toEqual([["a", "b"], []]);
  });

  test("refuses options that cannot be", () => {
    const refusal = (options: Partial<ReflectorOptions<string>>, message: string): void => {
      expect(() => new Scene(options)).toThrow(message);
    };
    refusal({ pageSize: 0 }, "pageSize must be a whole number of at least 1, got 0");
    refusal({ resyncMs: -1 }, "resyncMs must be milliseconds from 1 to 2147483647, got -1");
    refusal({ namespace: "a/b" }, 'namespace must be lower-case letters, digits, dashes and dots, got "a/b"');
    refusal({ resource: { ...resource, plural: "" } }, "resource.plural must be");
    refusal({ resource: { ...resource, version: "../v1" } }, "resource.version must be");
    refusal({ resource: { ...resource, group: "a b" } }, "resource.group must be");
  });
});

describe("a resync", () => {
  test("asks for one object's metadata, and a server that has not moved proves the set current", async () => {
    await using scene = await Scene.synced({ labelSelector: "app=redis" });
    scene.api.version = "100";
    await scene.clock.advance(30_000);
    expect(scene.api.asked).toEqual([
      {
        query: { limit: "1" },
        accept: expect.stringContaining("PartialObjectMetadataList") as unknown,
        signal: expect.any(AbortSignal) as unknown,
      },
    ]);
    expect([scene.heard, scene.reflector.lastSyncAgeMs]).toEqual([["="], 0]);
    await scene.clock.advance(30_000);
    expect([scene.heard, scene.api.watches.length]).toEqual([["=", "="], 1]);
  });

  test("of a server that moved on elsewhere is over when the watch has come as far", async () => {
    await using scene = await Scene.synced();
    scene.api.version = "150";
    await scene.clock.advance(30_000);
    expect([scene.heard, scene.reflector.lastSyncAgeMs]).toEqual([[], 30_000]);
    await scene.clock.advance(20_000);
    scene.api.watched.bookmark("149");
    await scene.settle();
    expect(scene.heard).toEqual([]);
    scene.api.watched.bookmark("150");
    await scene.settle();
    // As old as the question, not as the answer.
    expect([scene.heard, scene.reflector.lastSyncAgeMs]).toEqual([["="], 20_000]);
  });

  test("finds a watch that has been kept silent, and takes it up again from where it was, without a list", async () => {
    await using scene = await Scene.synced();
    scene.api.version = "150";
    await scene.clock.advance(60_000);
    expect(scene.api.watches.length).toBe(1);
    await scene.clock.advance(30_000);
    expect(scene.api.watches.length).toBe(2);
    expect(scene.api.watched.options.query).toMatchObject({ resourceVersion: "100" });
    scene.api.watched.event("ADDED", "c", "150");
    await scene.settle();
    expect([scene.heard, scene.reflector.stats.restarts]).toEqual([["+c", "="], { silent: 1 }]);
  });

  test("leaves a watch in peace that says where it stands every minute", async () => {
    await using scene = await Scene.synced();
    for (let minute = 1; minute <= 60; minute += 1) {
      scene.api.version = String(100 + minute * 10);
      await scene.clock.advance(60_000);
      if (scene.api.watches.length === 1) scene.api.watched.bookmark(scene.api.version);
      await scene.settle();
      // A clean end, as after five to ten minutes.
      if (minute % 8 === 0) break;
    }
    expect([scene.api.watches.length, scene.reflector.stats.lists]).toEqual([1, 1]);
    expect(scene.reflector.lastSyncAgeMs).toBeLessThanOrEqual(60_000);
  });

  test("reads the set again when nothing has proved it for ten times as long, although the watch talks", async () => {
    await using scene = await Scene.synced();
    for (let elapsed = 0; scene.api.watches.length === 1 && elapsed < 400; elapsed += 10) {
      scene.api.version = String(1000 + elapsed);
      await scene.clock.advance(10_000);
      // A server that does not say where it stands, but where its last change was.
      scene.api.watched.bookmark("100");
      await scene.settle();
    }
    expect([scene.clock.now() - 1_000_000, scene.reflector.stats.restarts]).toEqual([
      300_000,
      { unproven: 1 },
    ]);
    expect(scene.api.watched.options.query).toMatchObject({ sendInitialEvents: "true" });
    scene.api.watched.whole("1300", "a", "b");
    await scene.settle();
    expect(scene.heard).toEqual(["="]);
  });

  test("finds out that the server went back in time, and reads all of it again", async () => {
    await using scene = await Scene.synced();
    scene.api.version = "90";
    await scene.clock.advance(30_000);
    expect(scene.reflector.stats.restarts).toEqual({ future: 1 });
    scene.api.watched.whole("91", "b", "c");
    await scene.settle();
    expect(scene.heard).toEqual(["-a", "+c", "="]);
  });

  test("that is refused is told; the watch goes on, and so do the checks", async () => {
    await using scene = await Scene.synced();
    scene.api.refusals.push(refused(403));
    await scene.clock.advance(30_000);
    expect([scene.heard, scene.reflector.stats.state]).toEqual([["!403"], "watching"]);
    scene.api.version = "100";
    await scene.clock.advance(30_000);
    expect(scene.heard).toEqual(["!403", "="]);
    expect(scene.api.watches.length).toBe(1);
  });

  test("that has no way to the server does not trust the watch any more", async () => {
    await using scene = await Scene.synced();
    scene.api.refusals.push(lost());
    await scene.clock.advance(30_000);
    expect([scene.heard[0], scene.reflector.stats.state]).toEqual([
      "!watch services: no connection",
      "backoff",
    ]);
    await scene.clock.advance(800);
    expect(scene.api.watched.options.query).toMatchObject({ resourceVersion: "100" });
  });
});

describe("after a connection that broke", () => {
  test("whoever knows that the server is back ends the pause, but not again and again", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(lost());
    await scene.settle();
    expect(scene.reflector.stats.state).toBe("backoff");
    scene.reflector.hurry();
    await scene.settle();
    expect([scene.reflector.stats.state, scene.api.watches.length]).toEqual(["watching", 2]);
    scene.api.watched.fail(lost());
    await scene.settle();
    scene.reflector.hurry();
    await scene.settle();
    expect(scene.reflector.stats.state).toBe("backoff");
    await scene.clock.advance(800);
    expect([scene.reflector.stats.state, scene.api.watches.length]).toEqual(["watching", 3]);
  });

  test("a version that the server has forgotten meanwhile is no further failure: the whole set is read at once", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(lost());
    await scene.clock.advance(800);
    scene.api.watched.fail(refused(410));
    await scene.settle();
    expect(scene.heard).toEqual(["!watch services: no connection"]);
    expect(scene.api.watched.options.query).toMatchObject({ sendInitialEvents: "true" });
    scene.api.watched.whole("7", "a");
    await scene.settle();
    expect(scene.heard).toEqual(["!watch services: no connection", "-b", "="]);
  });

  test("but a server that refuses is not asked sooner than it was to be", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(refused(403));
    await scene.settle();
    scene.reflector.hurry();
    await scene.settle();
    expect([scene.reflector.stats.state, scene.api.watches.length]).toEqual(["backoff", 1]);
  });

  test("the watch goes on from where it was, and it is asked at once whether the server is behind", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(lost());
    await scene.settle();
    scene.api.version = "100";
    await scene.clock.advance(800);
    expect(scene.api.watched.options.query).toMatchObject({ resourceVersion: "100" });
    expect([scene.api.asked.length, scene.heard]).toEqual([1, ["!watch services: no connection", "="]]);
  });

  test("the set is read again once, at some later time: who came back may have another past", async () => {
    await using scene = await Scene.synced();
    scene.api.version = "100";
    await scene.clock.advance(170_000);
    scene.api.watched.fail(lost());
    await scene.clock.advance(800);
    expect(scene.api.watches.length).toBe(2);
    for (let elapsed = 0; scene.api.watches.length === 2; elapsed += 1000) {
      expect(elapsed).toBeLessThanOrEqual(60_000);
      await scene.clock.advance(1000);
    }
    expect(scene.reflector.stats.restarts).toEqual({ unreachable: 1, doubtful: 1 });
    scene.heard.length = 0;
    // It has b at its old version, as another past may have with another content: what is the same is not told all the same.
    scene.api.watched.whole("120", "a", "b", "c");
    await scene.settle();
    expect(scene.heard).toEqual(["+c", "="]);
    scene.api.version = "120";
    await scene.clock.advance(600_000);
    expect(scene.reflector.stats).toMatchObject({ lists: 2, restarts: { unreachable: 1, doubtful: 1 } });
  });

  test("the set that is read again is not taken for the old one where it is not", async () => {
    let past = "old";
    await using scene = await Scene.synced({ project: ({ metadata }) => `${past} ${metadata.name}` });
    scene.api.version = "90";
    past = "new";
    await scene.clock.advance(30_000);
    scene.api.watched.whole("91", "a", "b");
    await scene.settle();
    expect(scene.heard).toEqual(["~new a", "~new b", "="]);
  });

  test("again and again, sets are not read again and again", async () => {
    await using scene = new Scene({ streaming: "never" });
    scene.api.version = "100";
    await Promise.all([scene.reflector.start(), scene.settle()]);
    for (let elapsed = 0; elapsed < 600; elapsed += 20) {
      scene.api.watched.fail(lost());
      await scene.clock.advance(20_000);
    }
    const lists = scene.api.asked.filter(({ query }) => query?.["limit"] === "500").length;
    expect(lists).toBeGreaterThanOrEqual(3);
    expect(lists).toBeLessThanOrEqual(5);
  });

  test("a name that is taken again before it was free is free first, and the set is read again", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.event("ADDED", "a", "101", "another");
    await scene.settle();
    expect([scene.heard, scene.reflector.stats.restarts]).toEqual([["-a", "+a"], { doubtful: 1 }]);
  });
});

describe("patience", () => {
  const waits = async (scene: Scene, ms: number): Promise<void> => {
    const before = scene.api.watches.length;
    await scene.clock.advance(ms - 1);
    expect(scene.api.watches.length).toBe(before);
    await scene.clock.advance(1);
    expect(scene.api.watches.length).toBe(before + 1);
  };

  test("doubles from failure to failure, half of it by chance, up to half a minute", async () => {
    await using scene = await Scene.synced();
    scene.api.refusals.push(...Array.from({ length: 8 }, lost));
    scene.api.watched.fail(lost());
    await scene.settle();
    for (const ms of [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]) await waits(scene, ms);
    expect(scene.reflector.stats.lists).toBe(1);
  });

  test("waits as long as the server asks for, and a little longer", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(refused(429, 20_000));
    await scene.settle();
    await waits(scene, 20_400);
    expect(scene.api.watched.options.query).toMatchObject({ resourceVersion: "100" });
  });

  test("begins again when all was well for half a minute", async () => {
    await using scene = await Scene.synced();
    for (let round = 0; round < 4; round += 1) {
      scene.api.watched.fail(refused(503));
      await scene.settle();
      await waits(scene, 400);
      scene.api.version = "100";
      await scene.clock.advance(30_000);
    }
    expect(scene.reflector.stats.restarts).toEqual({ refused: 4 });
  });

  test("is not needed where a version is too old, unless that comes again at once", async () => {
    await using scene = await Scene.synced();
    scene.api.watched.fail(refused(410));
    await scene.settle();
    expect([scene.heard, scene.api.watches.length]).toEqual([[], 2]);
    scene.api.watched.whole("200", "a", "b");
    await scene.settle();
    scene.api.watched.fail(refused(410));
    await scene.settle();
    expect([scene.heard, scene.api.watches.length]).toEqual([["=", "!410"], 2]);
    await waits(scene, 800);
  });

  test("has an end where a server fails again and again at one version: then all is read", async () => {
    await using scene = await Scene.synced();
    for (let failure = 0; failure < 3; failure += 1) {
      expect(scene.api.watched.options.query).not.toMatchObject({
        sendInitialEvents: failure === 0 ? "false" : "true",
      });
      scene.api.watched.fail(refused(500));
      await scene.clock.advance(2000);
    }
    expect(scene.api.watched.options.query).toMatchObject({ sendInitialEvents: "true" });
  });
});

describe("a handler", () => {
  test("that throws, at once or later, disturbs nobody and is told", async () => {
    await using scene = await Scene.synced({
      handler: {
        applied: () => Promise.reject(new Error("later")) as never,
        deleted: () => {
          throw "at once";
        },
      },
    });
    told.length = 0;
    scene.api.watched.event("MODIFIED", "a", "101");
    scene.api.watched.event("DELETED", "b", "102");
    await scene.settle();
    expect([...scene.reflector.items.values()]).toEqual(["a"]);
    expect(told.map(({ event, error }) => [event, error?.message])).toEqual(
      expect.arrayContaining([
        ["handler", "later"],
        ["handler", "it threw something that is not an error"],
      ]),
    );
  });

  test("may close the reflector, which then tells nothing more", async () => {
    const scene: Scene = await Scene.synced({
      handler: {
        applied: (item) => {
          scene?.heard.push(item);
          if (item === "c") void scene.reflector.close();
        },
      },
    });
    scene.api.watched.event("ADDED", "c", "101");
    scene.api.watched.event("ADDED", "d", "102");
    await scene.settle();
    expect(scene.heard).toEqual(["c"]);
    await scene[Symbol.asyncDispose]();
  });
});

describe("ten thousand objects", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `s${index}`);

  test.for(["auto", "never"] as const)("leave others their turn (streaming %s)", async (streaming) => {
    // Each takes ten microseconds, as a real projection does.
    let workedMs = 0;
    const clock = new FakeClock();
    await using scene = new Scene({
      streaming,
      clock: {
        now: () => clock.now() + workedMs,
        setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
        clearTimeout: (handle) => clock.clearTimeout(handle),
      },
      project: ({ metadata }) => {
        workedMs += 0.01;
        return metadata.name;
      },
    });
    scene.api.items = names.map((name) => object(name, "1"));
    const started = scene.reflector.start();
    await scene.settle();
    if (streaming === "auto") scene.api.watched.whole("100", ...names);
    let turns = 0;
    for (; !scene.reflector.hasSynced; turns += 1) await afterIo();
    await started;
    expect(scene.reflector.items.size).toBe(10_000);
    // A slice is 5 ms, and this is work for 100 ms at least.
    expect(turns).toBeGreaterThan(10);
  });

  test("that are read again are not told again: only differences are", async () => {
    const project: ReflectorOptions<string>["project"] = ({ metadata }) =>
      `${metadata.name} ${metadata.resourceVersion}`;
    await using scene = new Scene({ streaming: "never", project });
    scene.api.items = names.map((name) => object(name, "1"));
    await scene.reflector.start();
    scene.heard.length = 0;
    await scene.settle();
    scene.api.items = names.slice(1).map((name) => object(name, name === "s7" ? "2" : "1"));
    scene.api.watched.fail(refused(410));
    while (scene.reflector.stats.lists === 1) await afterIo();
    expect(scene.heard).toEqual(["-s0 1", "~s7 2", "="]);
  });
});
