import assert from "node:assert/strict";
import { rm, writeFile, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "@fleet/testkit";
import { service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import type {
  ApiServerDouble,
  ApiServerDoubleOptions,
  DoubleFault,
  KubernetesObject,
} from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { kept } from "../../churn/mirror.ts";
import { reflectorContract } from "./reflector-contract.ts";
import { open } from "./reflector-subject.ts";
import type { Subject, SubjectOptions } from "./reflector-subject.ts";

describe("of the same kind", () => {
  let double: ApiServerDouble;

  beforeAll(async () => {
    double = await startApiServerDouble();
  });
  afterAll(() => double.close());

  reflectorContract("the double", () => double);
});

const make = (name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject =>
  service(name, { namespace: "shop", labels });

interface Pair extends AsyncDisposable {
  readonly double: ApiServerDouble;
  readonly subject: Subject;
}

/** A double with a and b, and a reflector that has them. */
async function reflecting(
  options: SubjectOptions & { readonly of?: ApiServerDoubleOptions; readonly synced?: boolean } = {},
): Promise<Pair> {
  const { of = {}, synced = true, ...rest } = options;
  const double = await startApiServerDouble(of);
  await double.apply(make("a"), make("b"));
  const subject = await open(double, rest);
  void subject.reflector.start({ signal: new AbortController().signal });
  if (synced) {
    await subject.has("a", "b");
    await subject.passing(() => assert.equal(double.open("watch", "services"), 1));
  }
  return {
    double,
    subject,
    [Symbol.asyncDispose]: async () => {
      await subject[Symbol.asyncDispose]();
      await double.close();
    },
  };
}

/** Requests of a verb since the last look. */
function newQueries(
  double: ApiServerDouble,
  verb: "list" | "watch",
  from: number,
): readonly Readonly<Record<string, string>>[] {
  return double.requests
    .slice(from)
    .filter((one) => one.verb === verb)
    .map(({ query }) => query);
}

const refusals: readonly (readonly [string, DoubleFault])[] = [
  ["401", { kind: "status", status: 401 }],
  ["403", { kind: "status", status: 403 }],
  ["410", { kind: "status", status: 410, reason: "Expired" }],
  ["429", { kind: "status", status: 429, retryAfterSeconds: 2 }],
  ["500", { kind: "status", status: 500 }],
  ["504", { kind: "status", status: 504 }],
  ["a reset", { kind: "reset" }],
  ["a page of HTML", { kind: "garbage", body: "<html>bad gateway</html>" }],
  ["no answer at all", { kind: "hang" }],
];

describe("what makes an informer stop for good, a reflector recovers from by itself", () => {
  test.for<readonly [string, DoubleFault]>([...refusals])("%s to a watch", async ([, fault]) => {
    await using pair = await reflecting();
    pair.double.inject(fault, { verb: "watch", times: 3 });
    pair.double.cut();
    await pair.subject.passing(() => expect(pair.double.count("watch", "services")).toBeGreaterThan(3));
    expect(pair.subject.mirror.names).toEqual(["a", "b"]);
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
  });

  test.for<readonly [string, DoubleFault]>([
    ...refusals,
    ["half an answer", { kind: "cut", bytes: 50 }],
    ["half an answer that looks whole", { kind: "cut", bytes: 50, clean: true }],
    ["a list without items", { kind: "garbage", body: '{"kind":"ServiceList"}' }],
    ["null", { kind: "garbage", body: "null" }],
    ["one byte at a time", { kind: "slow", byteMs: 50 }],
  ])("%s to a list", async ([, fault]) => {
    await using pair = await reflecting({ streaming: "never", synced: false, requestTimeoutMs: 2000 });
    pair.double.inject(fault, { verb: "list", times: 3 });
    await pair.subject.has("a", "b");
    expect(pair.double.count("list", "services")).toBeGreaterThan(3);
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
  });

  test.for<readonly [string, string]>([
    ["half a line", '{"type":"ADDED","obj'],
    ["a line that is no JSON", "what?\n"],
    ["a line that is no event", "null\n"],
    ["an event without an object", '{"type":"ADDED"}\n'],
    ["an object without a name", '{"type":"ADDED","object":{"kind":"Service","metadata":{}}}\n'],
  ])("%s in a watch, and it is counted", async ([, text]) => {
    await using pair = await reflecting();
    pair.double.write(text);
    pair.double.endWatches();
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
    expect(pair.subject.reflector.stats.decodeErrors).toBe(1);
  });

  test("events of types that nobody knows are left alone", async () => {
    await using pair = await reflecting();
    pair.double.write('{"type":"NEWS","object":{"kind":"Service","metadata":{"resourceVersion":"1"}}}\n');
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
    expect(pair.double.count("watch", "services")).toBe(1);
  });

  test.for<readonly [string, DoubleFault]>([
    ["410 at the end of a stream", { kind: "event", status: 410, reason: "Expired" }],
    ["410 in a stream that stays open", { kind: "event", status: 410, reason: "Expired", stays: true }],
    ["429", { kind: "event", status: 429 }],
    ["500", { kind: "event", status: 500 }],
    ["500 in a stream that stays open", { kind: "event", status: 500, stays: true }],
    ["a code that nobody knows", { kind: "event", status: 499 }],
  ])("ERROR %s, at once or after a pause", async ([, fault]) => {
    await using pair = await reflecting();
    pair.double.inject(fault, { verb: "watch", times: 2 });
    pair.double.endWatches();
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
    await pair.subject.passing(() => expect(pair.double.open("watch", "services")).toBe(1));
  });

  test("ERROR 500 for ever is not asked from the same resource version for ever", async () => {
    await using pair = await reflecting();
    pair.double.inject({ kind: "event", status: 500 }, { verb: "watch", times: Infinity });
    const lists = (): number =>
      pair.double.count("list", "services") +
      pair.double.requests.filter(({ query }) => query["sendInitialEvents"] === "true").length;
    const before = lists();
    pair.double.endWatches();
    await pair.subject.passing(() => expect(lists()).toBeGreaterThan(before));
    pair.double.heal();
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
  });

  test("a token file that is missing when it is needed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-token-"));
    try {
      const file = join(folder, "token");
      await writeFile(file, "double-token");
      await using pair = await reflecting({ token: () => readFile(file, "utf8") });
      await rm(file);
      pair.double.cut();
      await pair.subject.passing(() => expect(pair.subject.reflector.stats.state).toBe("backoff"));
      await writeFile(file, "double-token");
      await pair.double.apply(make("c"));
      await pair.subject.has("a", "b", "c");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("patience", () => {
  test("Retry-After is honoured", async () => {
    await using pair = await reflecting();
    pair.double.inject({ kind: "status", status: 429, retryAfterSeconds: 20 }, { verb: "watch" });
    const before = pair.double.count("watch", "services");
    pair.double.endWatches();
    await pair.subject.passing(() => expect(pair.double.count("watch", "services")).toBe(before + 1));
    const at = pair.subject.clock.now();
    await pair.subject.passing(() => expect(pair.double.count("watch", "services")).toBe(before + 2));
    expect(pair.subject.clock.now() - at).toBeGreaterThan(19_000);
  });

  test("429 is asked again from where it was, without a list", async () => {
    await using pair = await reflecting({ streaming: "never", resyncMs: 3_600_000 });
    pair.double.inject({ kind: "status", status: 429 }, { verb: "watch", times: 3 });
    pair.double.endWatches();
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
    expect(pair.double.count("list", "services")).toBe(1);
  });

  test("an outage is not answered with a hammer: attempts become rare, and their times are not those of others", async () => {
    await using pair = await reflecting();
    pair.double.inject({ kind: "status", status: 503 }, { verb: "watch", times: Infinity });
    pair.double.inject({ kind: "status", status: 503 }, { verb: "list", times: Infinity });
    pair.double.cut();
    const start = pair.subject.clock.now();
    const requests = pair.double.requests.length;
    await pair.subject.passing(() => expect(pair.subject.clock.now() - start).toBeGreaterThan(300_000), 1000);
    const attempts = pair.double.requests.length - requests;
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(40);
  });
});

describe("freshness", () => {
  test("a clean end is normal: the next watch goes on from there at once, with no list", async () => {
    await using pair = await reflecting({ streaming: "never", resyncMs: 3_600_000 });
    for (let round = 0; round < 5; round += 1) {
      // A quiet watch that had its time.
      await pair.subject.clock.advance(10_000);
      const before = pair.double.count("watch", "services");
      pair.double.endWatches();
      // No time passes: it does not back off.
      await eventually(() => expect(pair.double.count("watch", "services")).toBe(before + 1));
      await eventually(() => expect(pair.double.open("watch", "services")).toBe(1));
    }
    await pair.double.apply(make("c"));
    await eventually(() => expect(pair.subject.mirror.names).toEqual(["a", "b", "c"]));
    expect(pair.double.count("list", "services")).toBe(1);
    expect(pair.subject.reflector.stats.restarts).not.toEqual({});
  });

  test("watches that end as soon as they begin are not restarted in a loop", async () => {
    await using pair = await reflecting({ of: { maxWatchMs: 1 }, synced: false });
    await pair.subject.has("a", "b");
    const watches = pair.double.count("watch", "services");
    const start = pair.subject.clock.now();
    await pair.subject.passing(() => expect(pair.subject.clock.now() - start).toBeGreaterThan(120_000), 500);
    expect(pair.double.count("watch", "services") - watches).toBeLessThan(60);
  });

  test("a quiet watch is left in peace, and the connection with it", async () => {
    await using pair = await reflecting({ resyncMs: 3_600_000 });
    const { accepted } = pair.double;
    const start = pair.subject.clock.now();
    await pair.subject.passing(() => expect(pair.subject.clock.now() - start).toBeGreaterThan(240_000), 5000);
    expect([pair.double.count("watch", "services"), pair.double.accepted]).toEqual([1, accepted]);
  });

  test("bookmarks are asked for, and a watch goes on from the last of them", async () => {
    await using pair = await reflecting();
    await pair.double.apply(service("elsewhere", { namespace: "other" }));
    const { resourceVersion } = pair.double;
    pair.double.bookmark();
    await pair.subject.passing(() =>
      expect(pair.subject.reflector.stats.events["BOOKMARK"]).toBeGreaterThan(0),
    );
    await pair.subject.clock.advance(10_000);
    const from = pair.double.requests.length;
    pair.double.endWatches();
    await pair.subject.passing(() => expect(newQueries(pair.double, "watch", from)).toHaveLength(1));
    expect(newQueries(pair.double, "watch", from)[0]).toMatchObject({
      resourceVersion,
      allowWatchBookmarks: "true",
    });
  });

  test("a watch asks for five to ten minutes, not the same as the next one", async () => {
    await using pair = await reflecting();
    for (let round = 0; round < 5; round += 1) {
      await pair.subject.clock.advance(10_000);
      const before = pair.double.count("watch", "services");
      pair.double.endWatches();
      await pair.subject.passing(() => expect(pair.double.count("watch", "services")).toBe(before + 1));
    }
    const asked = newQueries(pair.double, "watch", 0).map(({ timeoutSeconds }) => Number(timeoutSeconds));
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(300);
    expect(Math.max(...asked)).toBeLessThanOrEqual(600);
    expect(new Set(asked).size).toBeGreaterThan(3);
  });

  test("a watch whose server is gone without a word is given up after its time", async () => {
    await using pair = await reflecting({ resyncMs: 3_600_000 });
    pair.double.pause();
    await pair.subject.passing(() => expect(pair.subject.reflector.stats.state).not.toBe("watching"), 5000);
    pair.double.resume();
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
  });

  test("what a silent watch from the future kept from us is found by the next check", async () => {
    await using pair = await reflecting({ resyncMs: 30_000 });
    const backup = await pair.double.backup();
    await pair.double.apply(make("c"), make("d"), make("e"));
    await pair.subject.has("a", "b", "c", "d", "e");
    await pair.double.restore(backup);
    const start = pair.subject.clock.now();
    await pair.subject.has("a", "b");
    expect(pair.subject.clock.now() - start).toBeLessThan(60_000);
  });
});

describe("the first set", () => {
  test("is streamed where the server can do that: no list at all", async () => {
    await using pair = await reflecting();
    expect(pair.double.count("list", "services")).toBe(0);
    expect(newQueries(pair.double, "watch", 0)[0]).toMatchObject({
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    });
    expect(pair.subject.mirror.told).toEqual(["+a", "+b", "="]);
  });

  test.for(["off", "ignored"] as const)("is listed where streaming is %s", async (watchList) => {
    await using pair = await reflecting({ of: { watchList } });
    expect(pair.double.count("list", "services")).toBe(1);
    expect(pair.subject.mirror.told).toEqual(["+a", "+b", "="]);
    await pair.double.apply(make("c"));
    await pair.subject.has("a", "b", "c");
    await pair.double.compact();
    pair.double.cut();
    await pair.double.apply(make("d"));
    await pair.subject.has("a", "b", "c", "d");
  });

  test("that breaks off is not half a set", async () => {
    await using pair = await reflecting({ synced: false });
    const half = `${JSON.stringify({ type: "ADDED", object: (await pair.double.apply(make("a")))[0] })}\n`;
    await pair.subject.has("a", "b");
    pair.double.inject({ kind: "garbage", body: half }, { verb: "watch", times: 2 });
    await pair.double.compact();
    await pair.double.apply(make("c"));
    await pair.double.compact();
    pair.double.cut();
    await pair.subject.has("a", "b", "c");
    expect(pair.subject.mirror.told).not.toContain("-b");
  });

  test("comes in pages; a page that is too old begins the list again", async () => {
    await using pair = await reflecting({ streaming: "never", pageSize: 1, synced: false });
    pair.double.inject({ kind: "status", status: 410, reason: "Expired" }, { verb: "list" });
    await pair.subject.has("a", "b");
    // The one that was too old, and a page each.
    expect(pair.double.count("list", "services")).toBe(3);
  });

  test("keeps only what the projection keeps, and survives one that throws", async () => {
    await using pair = await reflecting({
      synced: false,
      project: (object) => {
        const { name, uid, resourceVersion } = (object as KubernetesObject).metadata;
        if (name === "b") return undefined;
        if (name === "c") throw new Error("on purpose");
        return { uid: uid!, name, version: resourceVersion!, labels: {} };
      },
    });
    await pair.subject.has("a");
    await pair.double.apply(make("b", { changed: "yes" }), make("c"), make("d"));
    await pair.subject.has("a", "d");
    await pair.double.delete([make("b"), make("c"), make("d")]);
    await pair.subject.has("a");
    expect(pair.subject.mirror.told).toEqual(["+a", "=", "+d", "-d"]);
  });
});

describe("what is asked", () => {
  test("one watch and at most one list at a time, over few connections", async () => {
    await using pair = await reflecting();
    for (let round = 0; round < 10; round += 1) {
      if (round % 2 === 0) pair.double.endWatches();
      else pair.double.cut();
      await pair.double.apply(make(`c${round}`));
      await pair.subject.passing(() => expect(pair.subject.mirror.names).toHaveLength(3 + round));
      await pair.subject.passing(() => expect(pair.double.open("watch", "services")).toBe(1));
      expect(pair.double.connections).toBeLessThanOrEqual(2);
    }
    expect([pair.double.peak("watch", "services"), pair.double.peak("list", "services")]).toEqual([
      1,
      expect.toSatisfy((peak: number) => peak <= 1),
    ]);
  });

  test("the namespace, the selectors, who asks and gzip", async () => {
    await using pair = await reflecting({
      labelSelector: "a!=b,c in (d)",
      fieldSelector: "metadata.name!=x",
      synced: false,
    });
    await pair.subject.passing(() => expect(pair.double.requests.length).toBeGreaterThan(0));
    const { namespace, query, headers } = pair.double.requests[0]!;
    expect([namespace, query["labelSelector"], query["fieldSelector"]]).toEqual([
      "shop",
      "a!=b,c in (d)",
      "metadata.name!=x",
    ]);
    expect(headers["user-agent"]).toMatch(/^fleet/);
  });
});

test("an object that was deleted and made again between two watches is gone, then come", async () => {
  await using pair = await reflecting();
  pair.double.inject({ kind: "status", status: 503 }, { verb: "watch", times: 2 });
  pair.double.cut();
  await pair.double.delete(make("a"));
  await pair.double.apply(make("a"));
  await pair.double.compact();
  await pair.subject.passing(() => expect(pair.subject.mirror.told.slice(3)).toEqual(["-a", "+a"]));
  await pair.subject.has("a", "b");
});

test("an object that bears the name of another one whose end was not told is another one", async () => {
  await using pair = await reflecting();
  const [present] = await pair.double.list("v1", "Service");
  const resourceVersion = String(Number(pair.double.resourceVersion) + 1);
  const object = { ...present!, metadata: { ...present!.metadata, uid: "another", resourceVersion } };
  pair.double.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
  await pair.subject.passing(() => expect(pair.subject.mirror.told.slice(3, 5)).toEqual(["-a", "+a"]));
  expect(pair.subject.mirror.contradictions).toEqual([]);
});

test("an object that the projection keeps no more is gone", async () => {
  await using pair = await reflecting({
    project: (object) => (object.metadata.labels?.["left"] === "out" ? undefined : kept(object)),
  });
  await pair.double.apply(make("b", { left: "out" }));
  await pair.subject.has("a");
  await pair.double.apply(make("b"));
  await pair.subject.has("a", "b");
  expect(pair.subject.mirror.told.slice(3)).toEqual(["-b", "+b"]);
});

test("403 says which right is missing, and the reflector goes on asking, slowly, until it is given", async () => {
  const double = await startApiServerDouble();
  await double.apply(make("a"));
  double.forbidden.add("watch services");
  double.forbidden.add("list services");
  await using subject = await open(double);
  void subject.reflector.start({ signal: new AbortController().signal });
  await subject.passing(() =>
    expect(subject.mirror.failures.at(-1)).toMatchObject({
      code: "FLEET_DISCOVERY_API_FORBIDDEN",
      status: 403,
      request: { resource: "services", namespace: "shop" },
    }),
  );
  double.forbidden.clear();
  await subject.has("a");
  await double.close();
});

test("a stopped start says why, and a closed one too", async () => {
  await using double = await startApiServerDouble();
  double.inject({ kind: "hang" }, { verb: "watch", times: Infinity });
  await using subject = await open(double);
  const abort = new AbortController();
  const start = subject.reflector.start({ signal: abort.signal });
  await eventually(() => expect(double.open("watch", "services")).toBe(1));
  const reason = new Error("too late");
  abort.abort(reason);
  await expect(start).rejects.toBe(reason);
  await using other = await open(double);
  const waiting = other.reflector.start();
  await other.reflector.close();
  await expect(waiting).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
});
