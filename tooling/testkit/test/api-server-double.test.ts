import { describe, expect, test } from "vitest";

import { eventually } from "../src/index.ts";
import { ApiClient } from "../src/kubernetes/api-client.ts";
import { endpointSlice, secret, service, startApiServerDouble } from "../src/kubernetes/index.ts";
import type { ApiServerDouble, ApiServerDoubleOptions } from "../src/kubernetes/index.ts";
import { WatchClient } from "./watch-client.ts";

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly { readonly kind?: string; readonly metadata: { readonly name: string } }[];
}

const services = "/api/v1/namespaces/default/services";

async function opened(
  options: ApiServerDoubleOptions = {},
): Promise<AsyncDisposable & { readonly double: ApiServerDouble; readonly client: ApiClient }> {
  const double = await startApiServerDouble(options);
  const client = new ApiClient(double.url, double.ca, double.adminToken);
  return {
    double,
    client,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await double.close();
    },
  };
}

const names = ({ items }: List): readonly string[] => items.map(({ metadata }) => metadata.name);

describe("a list", () => {
  test("has the objects of the namespace, selected by labels or fields, in order of their names", async () => {
    await using all = await opened();
    await all.double.apply(
      service("b", { labels: { app: "redis" } }),
      service("a", { labels: { app: "redis" } }),
      service("c"),
      service("d", { namespace: "other", labels: { app: "redis" } }),
    );
    const list = async (path: string): Promise<readonly string[]> =>
      names((await all.client.request(path)) as List);
    expect(await list(services)).toEqual(["a", "b", "c"]);
    expect(await list(`${services}?labelSelector=app%3Dredis`)).toEqual(["a", "b"]);
    expect(await list(`${services}?fieldSelector=metadata.name%3Dc`)).toEqual(["c"]);
    expect(await list("/api/v1/services?labelSelector=app%3Dredis")).toEqual(["a", "b", "d"]);
    await expect(all.client.request(`${services}?labelSelector=(`)).rejects.toMatchObject({ status: 400 });
  });

  test("comes in pages of a consistent state, until that is compacted; from the cache in one piece", async () => {
    await using all = await opened();
    await all.double.apply(service("a"), service("b"), service("c"));
    const page = async (query: string): Promise<List> =>
      (await all.client.request(`${services}?${query}`)) as List;
    const first = await page("limit=2");
    await all.double.delete(service("c"));
    expect(names(first)).toEqual(["a", "b"]);
    expect(first.items[0]!.kind).toBeUndefined();
    const next = `limit=2&continue=${first.metadata.continue}`;
    const last = await page(next);
    expect(names(last)).toEqual(["c"]);
    expect(last.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(names(await page("limit=1&resourceVersion=0"))).toEqual(["a", "b"]);

    const again = await page("limit=1");
    await all.double.compact();
    await expect(page(`limit=1&continue=${again.metadata.continue}`)).rejects.toMatchObject({
      status: 410,
      reason: "Expired",
    });
  });

  test("of the future is 504", async () => {
    await using all = await opened();
    const future = Number(all.double.resourceVersion) + 1;
    await expect(
      all.client.request(`${services}?resourceVersion=${future}&resourceVersionMatch=NotOlderThan`),
    ).rejects.toMatchObject({ status: 504, reason: "Timeout" });
  });
});

describe.for(["http1", "http2"] as const)("a watch over %s", (protocol) => {
  const watch = (all: { readonly double: ApiServerDouble }, query: string): WatchClient =>
    WatchClient[protocol](all.double, `${services}?watch=true&${query}`);

  test("tells what happened after its resource version, and what happens; a label that leaves is DELETED", async () => {
    await using all = await opened();
    const { resourceVersion } = all.double;
    await all.double.apply(service("a", { labels: { app: "redis" } }));
    await using client = watch(all, `resourceVersion=${resourceVersion}&labelSelector=app%3Dredis`);
    await eventually(() => expect(client.events).toEqual(["ADDED a"]));
    await all.double.apply(service("b"), service("x", { namespace: "other", labels: { app: "redis" } }));
    await all.double.patch(service("a"), { metadata: { labels: { tier: "one" } } });
    await all.double.apply(service("a", { labels: { app: "redis", tier: "one" } }));
    await all.double.patch(service("a"), { metadata: { labels: { app: null } } });
    await all.double.patch(service("a"), { metadata: { labels: { app: "redis" } } });
    await all.double.delete(service("a"));
    await eventually(() =>
      expect(client.events).toEqual(["ADDED a", "MODIFIED a", "DELETED a", "ADDED a", "DELETED a"]),
    );
    const deleted = JSON.parse(client.received.split("\n")[2]!) as {
      object: { metadata: { labels: object } };
    };
    expect(deleted.object.metadata.labels).toEqual({ app: "redis", tier: "one" });
  });

  test("ends in good order when its time is over", async () => {
    await using all = await opened({ maxWatchMs: 100 });
    await using client = watch(all, "timeoutSeconds=600");
    await eventually(() => expect([client.status, client.ended]).toEqual([200, "clean"]));
    expect(all.double.open("watch", "services")).toBe(0);
  });

  test("from a forgotten resource version says ERROR 410 in a stream of status 200, and ends", async () => {
    await using all = await opened();
    const { resourceVersion } = all.double;
    await all.double.apply(service("a"));
    await all.double.restart();
    await using client = watch(all, `resourceVersion=${resourceVersion}`);
    await eventually(() => expect(client.ended).toBe("clean"));
    expect([client.status, client.events]).toEqual([200, ["ERROR 410"]]);
    expect(client.received).toContain(`too old resource version: ${resourceVersion} (`);
  });

  test("from the future is silent until the present gets there", async () => {
    await using all = await opened();
    const backup = await all.double.backup();
    await all.double.apply(service("a"), service("b"));
    const { resourceVersion } = all.double;
    await all.double.restore(backup);
    await using client = watch(all, `resourceVersion=${resourceVersion}`);
    await eventually(() => expect(client.status).toBe(200));
    await all.double.apply(service("c"), service("d"), service("e"));
    await eventually(() => expect(client.events).toEqual(["ADDED e"]));
  });

  test("gets bookmarks if it asks for them", async () => {
    await using all = await opened();
    const from = `resourceVersion=${all.double.resourceVersion}`;
    await using asks = watch(all, `${from}&allowWatchBookmarks=true`);
    await using asksNot = watch(all, from);
    await eventually(() => expect(all.double.open("watch", "services")).toBe(2));
    await all.double.apply(endpointSlice("a", { endpoints: [] }));
    all.double.bookmark();
    await eventually(() => expect(asks.events).toEqual([`BOOKMARK ${all.double.resourceVersion}`]));
    expect(asksNot.events).toEqual([]);
  });

  test("streams what is there, then a bookmark that says so, then what happens", async () => {
    await using all = await opened();
    await all.double.apply(service("a"));
    const streaming = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    await using client = watch(all, `${streaming}&allowWatchBookmarks=true`);
    await eventually(() =>
      expect(client.events).toEqual(["ADDED a", `BOOKMARK ${all.double.resourceVersion}`]),
    );
    expect(client.received).toContain('"k8s.io/initial-events-end":"true"');
    await all.double.apply(service("b"));
    await eventually(() => expect(client.events.at(-1)).toBe("ADDED b"));
    await using refused = watch(all, streaming);
    await eventually(() => expect(refused.status).toBe(422));
  });

  test("can be cut, ended, written into and sent away", async () => {
    await using all = await opened();
    const from = `resourceVersion=${all.double.resourceVersion}`;
    await using first = watch(all, from);
    await eventually(() => expect(all.double.open("watch", "services")).toBe(1));
    all.double.write('{"type":"ADD');
    await eventually(() => expect(first.received).toBe('{"type":"ADD'));
    all.double.cut();
    await eventually(() => expect(first.ended).toBe("broken"));
    await using second = watch(all, from);
    await eventually(() => expect(all.double.open("watch", "services")).toBe(1));
    all.double.goaway();
    await all.double.apply(service("after-goaway"));
    await eventually(() => expect(second.events).toEqual(["ADDED after-goaway"]));
    all.double.endWatches("services");
    await eventually(() => expect(second.ended).toBe("clean"));
    await eventually(() => expect(all.double.connections).toBe(0));
    expect([all.double.accepted, all.double.peak("watch", "services")]).toEqual([2, 1]);
  });

  test("hears nothing while the server is paused, and all of it later", async () => {
    await using all = await opened();
    await using client = watch(all, `resourceVersion=${all.double.resourceVersion}`);
    await eventually(() => expect(all.double.open("watch", "services")).toBe(1));
    all.double.pause();
    await all.double.apply(service("a"));
    await using late = watch(all, "resourceVersion=0");
    await eventually(() => expect(all.double.open("watch", "services")).toBe(2));
    expect([client.events, late.status]).toEqual([[], undefined]);
    all.double.resume();
    await eventually(() => expect([client.events, late.events]).toEqual([["ADDED a"], ["ADDED a"]]));
  });
});

test.for([
  ["off", 422, []],
  ["ignored", 200, ["ADDED a"]],
] as const)("a server with streaming lists %s answers %d", async ([watchList, status, events]) => {
  await using all = await opened({ watchList });
  await all.double.apply(service("a"));
  await using client = WatchClient.http1(
    all.double,
    `${services}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  await eventually(() => expect([client.status, client.received !== ""]).toEqual([status, true]));
  expect(client.status === 200 ? client.events : []).toEqual(events);
});

describe("who may", () => {
  test("a token that is not known is 401, a right that is missing 403 in RBAC's words", async () => {
    await using all = await opened();
    await expect(all.client.request(services, { token: "stranger" })).rejects.toMatchObject({ status: 401 });
    all.double.forbidden.add("list services");
    await expect(all.client.request(services)).rejects.toThrow(
      'services is forbidden: User "system:serviceaccount:default:double" cannot list resource "services" in API group "" in the namespace "default"',
    );
    all.double.tokens.clear();
    await expect(all.client.request(services)).rejects.toMatchObject({ status: 401 });
  });

  test("a review of one's own access says the same", async () => {
    await using all = await opened();
    all.double.forbidden.add("watch services");
    const ask = async (verb: string): Promise<unknown> =>
      all.client.request("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        method: "POST",
        body: { spec: { resourceAttributes: { verb, resource: "services" } } },
      });
    expect(await ask("list")).toMatchObject({ status: { allowed: true } });
    expect(await ask("watch")).toMatchObject({ status: { allowed: false } });
  });
});

describe("a fault", () => {
  test("is of so many requests of its verb and resource, then all is well again", async () => {
    await using all = await opened();
    all.double.inject(
      { kind: "status", status: 429, retryAfterSeconds: 7 },
      { verb: "list", resource: "services", times: 2 },
    );
    await using watch = WatchClient.http1(all.double, `${services}?watch=true`);
    await eventually(() => expect(watch.status).toBe(200));
    const list = (): Promise<unknown> => all.client.request(services);
    await expect(list()).rejects.toMatchObject({ status: 429, reason: "TooManyRequests" });
    expect(await all.client.request("/apis/discovery.k8s.io/v1/endpointslices")).toMatchObject({ items: [] });
    await expect(list()).rejects.toMatchObject({ status: 429 });
    expect(await list()).toMatchObject({ kind: "ServiceList", items: [] });
    expect([all.double.count("list", "services"), all.double.count("watch", "services")]).toEqual([3, 1]);
  });

  test("stands until it is healed", async () => {
    await using all = await opened();
    all.double.inject({ kind: "reset" }, { verb: "list", times: Infinity });
    for (let index = 0; index < 3; index += 1)
      await expect(all.client.request(services)).rejects.toThrow(/socket hang up|ECONNRESET/);
    all.double.heal();
    expect(await all.client.request(services)).toMatchObject({ items: [] });
  });

  test.for(["http1", "http2"] as const)("can be in the middle of an answer over %s", async (protocol) => {
    await using all = await opened();
    await all.double.apply(service("a"));
    const received = async (fault: Parameters<ApiServerDouble["inject"]>[0]): Promise<unknown> => {
      all.double.inject(fault, { verb: "list" });
      await using client = WatchClient[protocol](all.double, services);
      await eventually(() => expect(client.ended).toBeDefined());
      return [client.received, client.ended];
    };
    expect(await received({ kind: "cut", bytes: 9, clean: true })).toEqual(['{"kind":"', "clean"]);
    expect(await received({ kind: "garbage", body: "<html>" })).toEqual(["<html>", "clean"]);
    const [, ended] = (await received({ kind: "cut", bytes: 9 })) as readonly unknown[];
    expect(ended).toBe("broken");
  });

  test("can be no answer, or one that never comes to its end", async () => {
    await using all = await opened();
    await all.double.apply(service("a"));
    all.double.inject({ kind: "hang" }, { verb: "list" });
    await using hung = WatchClient.http1(all.double, services);
    await eventually(() => expect(all.double.open("list", "services")).toBe(1));
    all.double.inject({ kind: "slow", byteMs: 20 }, { verb: "list" });
    await using slow = WatchClient.http1(all.double, services);
    await eventually(() => expect(slow.received.length).toBeGreaterThan(2));
    expect([hung.status, hung.ended, slow.status, slow.ended]).toEqual([
      undefined,
      undefined,
      200,
      undefined,
    ]);
  });

  test("of a watch can be an ERROR event, with the stream left open or not, or silence", async () => {
    await using all = await opened();
    await all.double.apply(service("a"));
    const path = `${services}?watch=true`;
    all.double.inject({ kind: "event", status: 500 }, { verb: "watch" });
    all.double.inject({ kind: "event", status: 410, stays: true }, { verb: "watch" });
    all.double.inject({ kind: "silent" }, { verb: "watch" });
    await using ends = WatchClient.http1(all.double, path);
    await eventually(() => expect([ends.events, ends.ended]).toEqual([["ERROR 500"], "clean"]));
    await using stays = WatchClient.http1(all.double, path);
    await eventually(() => expect(stays.events).toEqual(["ERROR 410"]));
    await using silent = WatchClient.http1(all.double, path);
    await eventually(() => expect(silent.status).toBe(200));
    await all.double.apply(service("b"));
    expect([stays.ended, silent.received, silent.ended]).toEqual([undefined, "", undefined]);
  });
});

test("one object is had by its name, or is 404", async () => {
  await using all = await opened();
  await all.double.apply(secret("orders", { "redis-password": "secret" }));
  const path = "/api/v1/namespaces/default/secrets";
  expect(await all.client.request(`${path}/orders`)).toMatchObject({
    kind: "Secret",
    data: { "redis-password": "c2VjcmV0" },
  });
  await expect(all.client.request(`${path}/missing`)).rejects.toMatchObject({
    status: 404,
    reason: "NotFound",
  });
});

test("an object that is deleted and made again has another uid; one that is made as it is does not change", async () => {
  await using all = await opened();
  const [first] = await all.double.apply(service("a"));
  expect(await all.double.apply(service("a"))).toEqual([first]);
  await all.double.delete(service("a"));
  const [second] = await all.double.apply(service("a"));
  expect(second!.metadata.uid).not.toBe(first!.metadata.uid);
});

test("killed it refuses, restarted it listens on the same port and has its objects", async () => {
  await using all = await opened();
  await all.double.apply(service("a"));
  const { url } = all.double;
  await all.double.kill();
  await expect(all.client.request(services)).rejects.toThrow("ECONNREFUSED");
  await all.double.restart();
  expect([all.double.url, names((await all.client.request(services)) as List)]).toEqual([url, ["a"]]);
});

test("a large list is compressed for who accepts it", async () => {
  await using all = await opened({ http2: false });
  const annotations = { text: "x".repeat(1000) };
  await all.double.apply(...Array.from({ length: 200 }, (_, index) => service(`s${index}`, { annotations })));
  await all.client.request(services);
  const plain = all.double.bytesSent;
  await using client = await fetchGzip(all.double);
  expect(client.encoding).toBe("gzip");
  expect(all.double.bytesSent - plain).toBeLessThan(plain / 3);
});

async function fetchGzip(double: ApiServerDouble): Promise<AsyncDisposable & { readonly encoding: unknown }> {
  const { Agent, request } = await import("node:https");
  const agent = new Agent({ ca: double.ca });
  const encoding = await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${double.adminToken}`, "accept-encoding": "gzip" };
    request(new URL(services, double.url), { agent, headers }, (answer) => {
      answer.resume().once("end", () => resolve(answer.headers["content-encoding"]));
    })
      .once("error", reject)
      .end();
  });
  return { encoding, [Symbol.asyncDispose]: () => Promise.resolve(agent.destroy()) };
}
