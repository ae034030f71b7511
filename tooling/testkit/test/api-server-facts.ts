import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { eventually } from "../src/index.ts";
import { ApiClient } from "../src/kubernetes/api-client.ts";
import { namespace, service } from "../src/kubernetes/index.ts";
import type { AnyApiServer } from "../src/kubernetes/index.ts";
import { WatchClient } from "./watch-client.ts";

export interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly { readonly kind?: string; readonly metadata: { readonly name: string } }[];
}

export const namesOf = ({ items }: List): readonly string[] => items.map(({ metadata }) => metadata.name);

/** What an API server does, whichever it is: the double is worth what it has in common with the real one. */
export function apiServerFacts(what: string, started: () => AnyApiServer): void {
  describe(`${what} is an API server`, () => {
    let server: AnyApiServer;
    let client: ApiClient;
    let of = "";
    let path = "";
    let made = 0;

    beforeAll(() => {
      server = started();
      client = new ApiClient(server.url, server.ca, server.adminToken);
    });
    afterAll(() => client.close());

    /** A namespace of the test's own. */
    const enter = async (): Promise<void> => {
      made += 1;
      of = `facts-${made}`;
      path = `/api/v1/namespaces/${of}/services`;
      await server.apply(namespace(of));
    };
    const make = (name: string, labels: Readonly<Record<string, string>> = {}): ReturnType<typeof service> =>
      service(name, { namespace: of, labels });
    const list = async (query = ""): Promise<List> => (await client.request(`${path}?${query}`)) as List;
    const now = async (): Promise<string> => (await list()).metadata.resourceVersion;

    test("a list has the objects of its namespace, selected, in order of their names", async () => {
      await enter();
      await server.apply(make("b", { app: "redis" }), make("a", { app: "redis" }), make("c"));
      expect(namesOf(await list())).toEqual(["a", "b", "c"]);
      expect(namesOf(await list("labelSelector=app%3Dredis"))).toEqual(["a", "b"]);
      expect(namesOf(await list("fieldSelector=metadata.name%3Dc"))).toEqual(["c"]);
      const all = (await client.request("/api/v1/services?labelSelector=app%3Dredis")) as List;
      expect(namesOf(all)).toEqual(["a", "b"]);
      expect(all.items[0]!.kind).toBeUndefined();
      await expect(list("labelSelector=(")).rejects.toMatchObject({ status: 400 });
    });

    test("a list comes in pages of one state; from what the cache has in one piece", async () => {
      await enter();
      await server.apply(make("a"), make("b"), make("c"));
      const first = await list("limit=2");
      expect(namesOf(first)).toEqual(["a", "b"]);
      await server.delete(make("c"));
      const last = await list(`limit=2&continue=${encodeURIComponent(first.metadata.continue!)}`);
      expect(namesOf(last)).toEqual(["c"]);
      expect(last.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
      expect(namesOf(await list("limit=1&resourceVersion=0"))).toEqual(["a", "b"]);
      expect(namesOf(await list(`limit=1&resourceVersion=${last.metadata.resourceVersion}`))).toEqual(["a"]);
    });

    test("a list of the future is 504", async () => {
      await enter();
      const future = Number(await now()) + 1000;
      await expect(list(`resourceVersion=${future}&resourceVersionMatch=NotOlderThan`)).rejects.toMatchObject(
        {
          status: 504,
          reason: "Timeout",
          message: expect.stringContaining(`Too large resource version: ${future}, current: `) as unknown,
        },
      );
    });

    test("who is not known is 401", async () => {
      await enter();
      await expect(client.request(path, { token: "stranger" })).rejects.toMatchObject({
        status: 401,
        reason: "Unauthorized",
      });
    });

    describe.for(["http1", "http2"] as const)("a watch over %s", (protocol) => {
      const watch = (query: string): WatchClient =>
        WatchClient[protocol](server, `${path}?watch=true&${query}`);

      test("tells what happened and what happens; a label that leaves is DELETED, with the last state that matched", async () => {
        await enter();
        const from = await now();
        await server.apply(make("a", { app: "redis" }));
        await using client = watch(`resourceVersion=${from}&labelSelector=app%3Dredis`);
        await eventually(() => expect(client.events).toEqual(["ADDED a"]));
        await server.apply(make("b"));
        await server.apply(make("a", { app: "redis", tier: "one" }));
        await server.patch(make("a"), { metadata: { labels: { app: null } } });
        await server.patch(make("a"), { metadata: { labels: { app: "redis" } } });
        await server.delete(make("a"));
        await eventually(() =>
          expect(client.events).toEqual(["ADDED a", "MODIFIED a", "DELETED a", "ADDED a", "DELETED a"]),
        );
        const { object } = JSON.parse(client.received.split("\n")[2]!) as {
          readonly object: { readonly kind: string; readonly metadata: { readonly labels: unknown } };
        };
        expect([object.kind, object.metadata.labels]).toEqual(["Service", { app: "redis", tier: "one" }]);
      });

      test("ends in good order when its time is over", async () => {
        await enter();
        await using client = watch("timeoutSeconds=1");
        await eventually(() => expect([client.status, client.ended]).toEqual([200, "clean"]));
      });

      test("streams what is there, then a bookmark that says so, then what happens", async () => {
        await enter();
        await server.apply(make("a"));
        const streaming = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        await using client = watch(`${streaming}&allowWatchBookmarks=true`);
        await eventually(() =>
          expect(client.events).toEqual(["ADDED a", expect.stringMatching(/^BOOKMARK \d/)]),
        );
        expect(client.received).toContain('"k8s.io/initial-events-end":"true"');
        await server.apply(make("b"));
        await eventually(() => expect(client.events.at(-1)).toBe("ADDED b"));
        await using unmarked = watch(streaming);
        await eventually(() => expect(unmarked.events).toEqual(["ADDED a", "ADDED b"]));
      });

      test("hears nothing while the server is paused, and all of it later", async () => {
        await enter();
        await using client = watch(`resourceVersion=${await now()}`);
        await eventually(() => expect(client.status).toBe(200));
        server.pause();
        await using late = watch("resourceVersion=0");
        expect([client.events, late.status]).toEqual([[], undefined]);
        server.resume();
        await server.apply(make("a"));
        await eventually(() => expect([client.events, late.events]).toEqual([["ADDED a"], ["ADDED a"]]));
      });
    });

    test("an object that is made again has another uid; one that is made as it is does not change", async () => {
      await enter();
      const [first] = await server.apply(make("a"));
      expect((await server.apply(make("a")))[0]!.metadata).toEqual(first!.metadata);
      await server.delete(make("a"));
      const [second] = await server.apply(make("a"));
      expect(second!.metadata.uid).not.toBe(first!.metadata.uid);
    });

    test("killed it refuses; restarted on the same port it has its objects, and has forgotten how they came: 410 in a stream of status 200", async () => {
      await enter();
      const from = await now();
      await server.apply(make("a"));
      await server.kill();
      await expect(list()).rejects.toThrow("ECONNREFUSED");
      await server.compact();
      await server.restart();
      expect(namesOf(await list())).toEqual(["a"]);
      await using late = WatchClient.http2(server, `${path}?watch=true&resourceVersion=${from}`);
      await eventually(() =>
        expect([late.status, late.events, late.ended]).toEqual([200, ["ERROR 410"], "clean"]),
      );
      expect(late.received).toMatch(new RegExp(`too old resource version: ${from} \\(\\d+\\)`));
    });

    test("a backup takes it back in time, where a watch from the future is silent", async () => {
      await enter();
      const backup = await server.backup();
      await server.apply(make("later"));
      const future = Number(await now()) + 1000;
      await server.restore(backup);
      expect(namesOf(await list())).toEqual([]);
      await using early = WatchClient.http2(server, `${path}?watch=true&resourceVersion=${future}`);
      await eventually(() => expect(early.status).toBe(200));
      await server.apply(make("again"));
      await using present = WatchClient.http2(server, `${path}?watch=true`);
      await eventually(() => expect(present.events).toEqual(["ADDED again"]));
      expect([early.received, early.ended]).toEqual(["", undefined]);
    });
  });
}
