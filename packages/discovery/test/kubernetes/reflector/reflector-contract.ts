import assert from "node:assert/strict";

import { startFaultProxy } from "@fleet/testkit";
import { namespace, service } from "@fleet/testkit/kubernetes";
import type { AnyApiServer, KubernetesObject } from "@fleet/testkit/kubernetes";
import { beforeAll, describe, expect, test } from "vitest";

import { open } from "./reflector-subject.ts";
import type { Subject, SubjectOptions } from "./reflector-subject.ts";

/** Milliseconds per look where nobody answers. */
const unanswered = 2000;

/** What a Reflector does on every API server, the real one and its double. */
export function reflectorContract(what: string, started: () => AnyApiServer): void {
  describe(`a Reflector on ${what}`, () => {
    let server: AnyApiServer;
    let of = "";
    let made = 0;

    beforeAll(() => {
      server = started();
    });

    const make = (name: string, labels: Readonly<Record<string, string>> = {}): KubernetesObject =>
      service(name, { namespace: of, labels });

    /** Starts one that reflects a namespace of the test's own. */
    const reflect = async (
      names: readonly string[] = ["a", "b"],
      options: SubjectOptions = {},
    ): Promise<Subject> => {
      made += 1;
      of = `reflected-${made}`;
      await server.apply(namespace(of), ...names.map((name) => make(name)));
      const subject = await open(server, { namespace: of, ...options });
      void subject.reflector.start({ signal: new AbortController().signal });
      await subject.has(...names.toSorted());
      await subject.passing(() => assert.ok(subject.reflector.hasSynced));
      return subject;
    };

    test("has what is there, once, and then what comes, changes and goes", async () => {
      await using subject = await reflect(["b", "a"]);
      expect(subject.mirror.told).toEqual(["+a", "+b", "="]);
      expect(subject.reflector.hasSynced).toBe(true);
      await server.apply(make("c"), make("a", { tier: "one" }));
      await server.delete(make("b"));
      await subject.has("a", "c");
      await subject.passing(() => expect(subject.mirror.told.slice(3)).toEqual(["+c", "~a", "-b"]));
      expect([...subject.reflector.items.values()].find(({ name }) => name === "a")!.labels).toEqual({
        tier: "one",
      });
    });

    test("projects the same thing out of a list and out of a watch", async () => {
      const seen = new Map<string, Set<string>>();
      await using subject = await reflect(["a"], {
        project: (object) => {
          const { apiVersion, kind, metadata } = object as KubernetesObject;
          const shape = [typeof metadata.creationTimestamp, typeof metadata.labels, apiVersion, kind].join(
            " ",
          );
          seen.set(metadata.name, (seen.get(metadata.name) ?? new Set()).add(shape));
          return { uid: metadata.uid!, name: metadata.name, version: metadata.resourceVersion!, labels: {} };
        },
        streaming: "never",
      });
      await server.apply(make("b"));
      await subject.has("a", "b");
      expect(seen.get("b")).toEqual(seen.get("a"));
    });

    test("reflects what a selector selects: a label that leaves is a departure, one that comes an arrival", async () => {
      await using subject = await reflect([], { labelSelector: "app=redis" });
      await server.apply(make("a", { app: "redis" }), make("b"));
      await subject.has("a");
      await server.patch(make("b"), { metadata: { labels: { app: "redis" } } });
      await subject.has("a", "b");
      await server.patch(make("a"), { metadata: { labels: { app: null } } });
      await subject.has("b");
      expect(subject.mirror.told).toEqual(["=", "+a", "+b", "-a"]);
    });

    test("reflects one object by a field", async () => {
      await using subject = await reflect([], { fieldSelector: "metadata.name=a" });
      await server.apply(make("b"), make("a"));
      await subject.has("a");
      expect(subject.mirror.told).toEqual(["=", "+a"]);
    });

    test("reads a large set page by page", async () => {
      const names = Array.from({ length: 25 }, (_, index) => `s${String(index).padStart(2, "0")}`);
      await using subject = await reflect(names, { pageSize: 10, streaming: "never" });
      await server.delete(make("s00"));
      await subject.has(...names.slice(1));
      expect(subject.mirror.told).toEqual([...names.map((name) => `+${name}`), "=", "-s00"]);
    });

    test("keeps what it has while the server is away, and catches up by itself; made again is gone and come", async () => {
      await using subject = await reflect();
      const [first] = subject.mirror.items.values();
      await server.kill();
      await subject.passing(() => expect(subject.reflector.stats.state).toBe("backoff"));
      expect(subject.mirror.names).toEqual(["a", "b"]);
      await server.restart();
      await server.delete([make("a"), make("b")]);
      await server.apply(make("a"), make("c"));
      await subject.has("a", "c");
      expect(subject.mirror.items.has(first!.uid)).toBe(false);
      expect(subject.mirror.told).toContain("-a");
    });

    test("is told by a new list what was forgotten meanwhile (410)", async () => {
      await using proxy = await startFaultProxy(server);
      await using subject = await reflect(["a", "b"], { url: `https://${proxy.host}:${proxy.port}` });
      proxy.inject({ kind: "rst" });
      proxy.cut();
      await server.delete(make("b"));
      await server.apply(make("c"));
      await server.compact();
      await server.restart();
      proxy.heal();
      await subject.has("a", "c");
      expect(subject.mirror.told).toEqual(["+a", "+b", "=", expect.anything(), expect.anything()]);
    });

    test("goes back in time with the server, whose watches from the future would be silent", async () => {
      await using subject = await reflect();
      const backup = await server.backup();
      const future = Array.from({ length: 20 }, (_, index) => `f${String(index).padStart(2, "0")}`);
      await server.apply(...future.map((name) => make(name)));
      await subject.has("a", "b", ...future);
      await server.restore(backup);
      await subject.has("a", "b");
      expect(subject.mirror.told.filter((what) => what.startsWith("-f"))).toHaveLength(future.length);
      await server.apply(make("again"));
      await subject.has("a", "again", "b");
    });

    test("waits no longer than its deadlines for a server that is silent", async () => {
      await using subject = await reflect();
      server.pause();
      try {
        await subject.passing(
          () => expect(subject.reflector.lastSyncAgeMs).toBeGreaterThan(60_000),
          unanswered,
        );
        await subject.passing(() => expect(subject.reflector.stats.state).not.toBe("watching"), unanswered);
        expect(subject.mirror.names).toEqual(["a", "b"]);
      } finally {
        server.resume();
      }
      await server.apply(make("c"));
      await subject.has("a", "b", "c");
    });

    test("survives a network that forgot its connection", async () => {
      await using proxy = await startFaultProxy(server);
      await using subject = await reflect(["a"], { url: `https://${proxy.host}:${proxy.port}` });
      proxy.inject({ kind: "halfOpen" });
      await server.apply(make("b"));
      await subject.passing(() => expect(subject.reflector.stats.state).not.toBe("watching"), unanswered);
      proxy.heal();
      await subject.has("a", "b");
    });

    test("survives connections that are reset in the middle", async () => {
      await using proxy = await startFaultProxy(server);
      await using subject = await reflect(["a"], { url: `https://${proxy.host}:${proxy.port}` });
      for (let round = 1; round <= 5; round += 1) {
        proxy.cut();
        await server.apply(make(`b${round}`));
        await subject.has("a", ...Array.from({ length: round }, (_, index) => `b${index + 1}`));
      }
      expect(subject.mirror.told).toEqual(["+a", "=", "+b1", "+b2", "+b3", "+b4", "+b5"]);
    });

    test("comes in again when its token is known again", async () => {
      let token = server.adminToken;
      await using proxy = await startFaultProxy(server);
      await using subject = await reflect(["a"], {
        url: `https://${proxy.host}:${proxy.port}`,
        token: () => token,
      });
      token = "expired";
      proxy.cut();
      await subject.passing(() => expect(subject.reflector.stats.state).toBe("backoff"));
      await server.apply(make("b"));
      token = server.adminToken;
      await subject.has("a", "b");
    });

    test("does not mind what its handler throws", async () => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown): void => void unhandled.push(reason);
      process.on("unhandledRejection", note);
      let calls = 0;
      const thrower = (): void => {
        calls += 1;
        throw new Error("on purpose");
      };
      made += 1;
      of = `reflected-${made}`;
      await server.apply(namespace(of), make("a"));
      await using subject = await open(server, {
        namespace: of,
        handler: { applied: thrower, deleted: thrower, synced: thrower },
      });
      void subject.reflector.start({ signal: new AbortController().signal });
      const names = (): readonly string[] => [...subject.reflector.items.values()].map(({ name }) => name);
      await subject.passing(() => expect([names(), subject.reflector.hasSynced]).toEqual([["a"], true]));
      await server.apply(make("b"));
      await server.delete(make("a"));
      await subject.passing(() => expect([names(), calls]).toEqual([["b"], 4]));
      process.off("unhandledRejection", note);
      expect(unhandled).toEqual([]);
    });

    test("leaves no connection and no timer when it is closed", async () => {
      await using proxy = await startFaultProxy(server);
      const subject = await reflect(["a"], { url: `https://${proxy.host}:${proxy.port}` });
      await subject[Symbol.asyncDispose]();
      await subject.passing(() => expect(proxy.connections).toBe(0));
      expect(subject.clock.pending).toBe(0);
      await server.apply(make("late"));
      expect([subject.mirror.names, subject.reflector.stats.state]).toEqual([["a"], "closed"]);
    });
  });
}
