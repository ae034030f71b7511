import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { eventually } from "../src/index.ts";
import { ApiClient } from "../src/kubernetes/api-client.ts";
import { endpointSlice, secret, service, startApiServerDouble } from "../src/kubernetes/index.ts";
import type { ApiServerDouble, ApiServerDoubleOptions } from "../src/kubernetes/index.ts";
import { apiServerFacts } from "./api-server-facts.ts";
import type { List } from "./api-server-facts.ts";
import { WatchClient } from "./watch-client.ts";

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

describe("of the same kind", () => {
  let double: ApiServerDouble;

  beforeAll(async () => {
    double = await startApiServerDouble();
  });
  afterAll(() => double.close());

  apiServerFacts("the double", () => double);
});

test("the pages of a list are 410 once their state is forgotten", async () => {
  await using all = await opened();
  await all.double.apply(service("a"), service("b"));
  const { metadata } = (await all.client.request(`${services}?limit=1`)) as List;
  await all.double.compact();
  await expect(all.client.request(`${services}?limit=1&continue=${metadata.continue}`)).rejects.toMatchObject(
    {
      status: 410,
      reason: "Expired",
    },
  );
});

test("a watch from the future is silent until the present gets there", async () => {
  await using all = await opened();
  const future = Number(all.double.resourceVersion) + 2;
  await using client = WatchClient.http1(all.double, `${services}?watch=true&resourceVersion=${future}`);
  await eventually(() => expect(client.status).toBe(200));
  await all.double.apply(service("a"), service("b"), service("c"));
  await eventually(() => expect(client.events).toEqual(["ADDED c"]));
});

describe.for(["http1", "http2"] as const)("a watch over %s", (protocol) => {
  const watch = (all: { readonly double: ApiServerDouble }, query: string): WatchClient =>
    WatchClient[protocol](all.double, `${services}?watch=true&${query}`);

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
});

test("a watch lives no longer than the server lets it", async () => {
  await using all = await opened({ maxWatchMs: 100 });
  await using client = WatchClient.http1(all.double, `${services}?watch=true&timeoutSeconds=600`);
  await eventually(() => expect([client.status, client.ended]).toEqual([200, "clean"]));
  expect(all.double.open("watch", "services")).toBe(0);
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
