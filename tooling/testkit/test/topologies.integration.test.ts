import { describe, expect, test } from "vitest";

import { eventually, startCluster, startReplication, startSentinel } from "../src/index.ts";

/** Other servers to prove the same with, where the environment names them. */
const servers: readonly (readonly [name: string, path: string | undefined])[] = [
  ["the server at hand", undefined],
  ...(["FLEET_TEST_REDIS_8", "FLEET_TEST_VALKEY"] as const).flatMap((variable) => {
    const path = process.env[variable];
    return path === undefined ? [] : [[variable, path] as const];
  }),
];

/** The figure is printed, not judged: how fast a machine is, is not what is tested. */
async function timed<T>(what: string, start: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const started = await start();
  const ms = performance.now() - began;
  console.log(`${what}: ready after ${ms.toFixed(0)} ms`);
  return started;
}

describe.for(servers)("on %s", ([name, server]) => {
  const on = server === undefined ? {} : { server };

  test("replication: what the primary has, the replicas have", async () => {
    await using set = await timed(`a primary and two replicas on ${name}`, () =>
      startReplication({ ...on, replicas: 2 }),
    );
    await set.primary.call("SET", "key", "value");
    await set.inSync();
    for (const replica of set.replicas) {
      expect(await replica.call("GET", "key")).toBe("value");
      await expect(replica.call("SET", "key", "other")).rejects.toThrow(/^READONLY /);
    }
  });

  test("replication with a password and TLS", async () => {
    await using set = await startReplication({ ...on, password: "secret", tls: true });
    await set.primary.call("SET", "key", "value");
    await set.inSync();
    expect(await set.replicas[0]!.call("GET", "key")).toBe("value");
  });

  test("sentinel: the primary is known by name, and when it dies the replica takes over", async () => {
    await using set = await timed(`a primary, a replica and three sentinels on ${name}`, () =>
      startSentinel({ ...on, name: "orders" }),
    );
    const primaryPort = async (): Promise<unknown> => {
      const address = await set.sentinels[1]!.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", set.name);
      return Number((address as readonly string[])[1]);
    };
    expect(await primaryPort()).toBe(set.primary.port);
    expect(String(await set.sentinels[0]!.call("SENTINEL", "CKQUORUM", "orders"))).toMatch(/^OK 3 /);
    await set.primary.kill();
    await eventually(async () => expect(await primaryPort()).toBe(set.replicas[0]!.port), {
      timeoutMs: 15_000,
    });
    await eventually(async () => expect(await set.replicas[0]!.call("SET", "key", "value")).toBe("OK"), {
      timeoutMs: 15_000,
    });
  });

  test("cluster: three nodes share the slots and redirect", async () => {
    await using cluster = await timed(`a cluster of three on ${name}`, () => startCluster(on));
    const answers = await Promise.all(
      cluster.nodes.map((node) =>
        node.call("SET", "key", "value").catch((error: unknown) => (error as Error).message),
      ),
    );
    // The slot of "key" is 12539: the third of three.
    expect(answers).toEqual([
      `MOVED 12539 127.0.0.1:${cluster.nodes[2]!.port}`,
      `MOVED 12539 127.0.0.1:${cluster.nodes[2]!.port}`,
      "OK",
    ]);
  });

  test("sentinel and cluster with a password and TLS", async () => {
    await using set = await startSentinel({ ...on, password: "secret", tls: true, replicas: 2 });
    expect(set.replicas).toHaveLength(2);
    await using cluster = await startCluster({ ...on, password: "secret", tls: true });
    expect(await cluster.nodes[2]!.call("SET", "key", "value")).toBe("OK");
  });
});
