import { eventually, startRedis, startSentinel } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Questions, connect, watched } from "./watched-sentinels.ts";

/** What a sentinel's clients are, without those of the test kit. */
async function clients(sentinel: RedisServer): Promise<number> {
  const list = String(await sentinel.call("CLIENT", "LIST"));
  return list.split("\n").filter((line) => line.includes("cmd=sentinel") || line.includes("cmd=subscribe"))
    .length;
}

const monitor = (sentinel: RedisServer, name: string, { host, port }: RedisServer): Promise<unknown> =>
  sentinel.call("SENTINEL", "MONITOR", name, host, String(port), "2");

describe("what the sentinels watch is found", () => {
  test("from one of them, with its replicas, and the others are listened to as well", async () => {
    await using set = await startSentinel({ replicas: 2 });
    await using it = await watched(set.sentinels.slice(0, 1));
    const [primary, ...replicas] = [set.primary, ...set.replicas].map(({ port }) => port);
    expect(it.instance()).toEqual({
      name: "mymaster",
      uid: "sentinel/mymaster",
      endpoints: [
        { uid: `mymaster/127.0.0.1:${primary}`, host: "127.0.0.1", port: primary, role: "primary" },
        ...replicas
          .map((port) => ({ uid: `mymaster/127.0.0.1:${port}`, host: "127.0.0.1", port, role: "replica" }))
          .toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
      ],
      labels: {},
      state: "ready",
      reads: "primary",
    });
    expect(it.conditions()).toEqual([]);
    await eventually(async () => {
      expect(await Promise.all(set.sentinels.map(clients))).toEqual([1, 1, 1]);
    });
    await it.discovery.close();
    await eventually(async () => {
      expect(await Promise.all(set.sentinels.map(clients))).toEqual([0, 0, 0]);
    });
  });

  test("a master comes and goes with SENTINEL MONITOR and SENTINEL REMOVE, without a resync", async () => {
    await using set = await startSentinel({ replicas: 0 });
    await using other = await startRedis();
    await using it = await watched(set.sentinels);
    await monitor(set.sentinels[1]!, "users", other);
    await eventually(() => expect(it.names()).toEqual(["mymaster", "users"]));
    expect(it.roles("users")).toEqual({ [other.port]: "primary" });
    await set.sentinels[1]!.call("SENTINEL", "REMOVE", "users");
    await eventually(() => expect(it.names()).toEqual(["mymaster"]));
    expect(it.state()).toBe("current");
  });

  test("hosts are names where the sentinels announce names", async () => {
    await using redis = await startRedis();
    await using sentinel = await startRedis({
      config: {
        sentinel: [
          "resolve-hostnames yes",
          "announce-hostnames yes",
          `monitor orders localhost ${redis.port} 1`,
        ],
      },
    });
    await using it = await watched([sentinel]);
    expect(it.instance("orders").endpoints).toMatchObject([{ host: "localhost", port: redis.port }]);
  });

  test("with the references that its options give, under the name they give, and no others", async () => {
    await using set = await startSentinel({ name: "myMaster", replicas: 0, sentinels: 1 });
    await monitor(set.sentinels[0]!, "extra", set.primary);
    await using it = await watched(set.sentinels, {
      masters: ["myMaster", "gone"],
      names: { myMaster: "orders" },
      credentials: { username: "fleet", password: "env:ORDERS_PASSWORD" },
      tls: { servername: "orders.shop.svc" },
      reads: "replica",
    });
    expect(it.names()).toEqual(["orders"]);
    expect(it.instance("orders")).toMatchObject({
      credentials: { username: "fleet", password: "env:ORDERS_PASSWORD" },
      tls: { servername: "orders.shop.svc" },
      reads: "replica",
    });
    expect(it.conditions()).toMatchObject([{ reason: "UnknownMaster", object: "master gone" }]);
  });

  test("a master whose name is no DNS label is reported and not renamed; two for one name are one", async () => {
    await using set = await startSentinel({ name: "myMaster", replicas: 0, sentinels: 1 });
    await monitor(set.sentinels[0]!, "a", set.primary);
    await monitor(set.sentinels[0]!, "b", set.primary);
    await using it = await watched(set.sentinels, { names: { b: "a" } });
    expect(it.names()).toEqual(["a"]);
    expect(it.instance("a").uid).toBe("sentinel/a");
    expect(it.conditions()).toMatchObject([
      { reason: "NoQuorum", object: "master a" },
      { reason: "NameTaken", object: "master b" },
      { reason: "InvalidName", object: "master myMaster" },
    ]);
  });
});

describe("a failover", () => {
  test("by SENTINEL FAILOVER is known without a resync: roles change, nobody is another one", async () => {
    await using set = await startSentinel({ replicas: 1 });
    await using it = await watched(set.sentinels);
    const [old, next] = [set.primary.port, set.replicas[0]!.port];
    const uids = (): readonly string[] =>
      it
        .instance()
        .endpoints.map(({ uid }) => uid)
        .toSorted();
    const before = { uid: it.instance().uid, endpoints: uids() };
    await set.sentinels[0]!.call("SENTINEL", "FAILOVER", "mymaster");
    await eventually(() => expect(it.roles()).toEqual({ [old]: "replica", [next]: "primary" }), {
      timeoutMs: 15_000,
    });
    expect({ uid: it.instance().uid, endpoints: uids() }).toEqual(before);
  });

  test("after the primary was killed is known as soon as a sentinel tells; the dead one is out and reported", async () => {
    await using set = await startSentinel({ replicas: 1 });
    await using it = await watched(set.sentinels);
    const told: number[] = [];
    const ears = set.sentinels.map(connect);
    for (const ear of ears) {
      ear.on("error", () => {});
      ear.on("message", () => told.push(performance.now()));
      await ear.connect();
      await ear.subscribe("+switch-master");
    }
    const [old, next] = [set.primary.port, set.replicas[0]!.port];
    const known = Promise.withResolvers<number>();
    it.discovery.subscribe(({ instance }) => {
      if (instance.endpoints.some(({ port, role }) => port === next && role === "primary"))
        known.resolve(performance.now());
    });
    await set.primary.kill();
    const knownAt = await known.promise;
    for (const ear of ears) ear.disconnect();
    expect(knownAt - Math.min(...told)).toBeLessThan(500);
    await eventually(() => {
      expect(it.roles()).toEqual({ [next]: "primary" });
      expect(it.conditions()).toMatchObject([
        {
          reason: "ReplicaDown",
          object: "master mymaster",
          message: expect.stringContaining(String(old)) as unknown,
        },
      ]);
    });
  });

  test("is known although the sentinel that was configured is hung: it is left, reported, and heard again later", async () => {
    await using set = await startSentinel({ replicas: 1 });
    await using it = await watched(set.sentinels.slice(0, 1), { answerTimeoutMs: 300, resyncMs: 100 });
    const [hung, awake] = set.sentinels;
    hung!.pause();
    await eventually(() =>
      expect(it.conditions()).toMatchObject([
        {
          reason: "SentinelUnreachable",
          object: `sentinel 127.0.0.1:${hung!.port}`,
          message: "no answer within 300 ms",
        },
      ]),
    );
    expect(it.state()).toBe("current");
    await awake!.call("SENTINEL", "FAILOVER", "mymaster");
    const next = set.replicas[0]!.port;
    await eventually(() => expect(it.roles()).toMatchObject({ [next]: "primary" }), { timeoutMs: 15_000 });
    hung!.resume();
    await eventually(() => expect(it.conditions()).toEqual([]), { timeoutMs: 10_000 });
    expect(it.roles()).toMatchObject({ [next]: "primary" });
  });
});

describe("when sentinels are away", () => {
  test("all of them, the last set stays and each is named; back, it is current again", async () => {
    await using set = await startSentinel({ replicas: 1 });
    await using it = await watched(set.sentinels);
    const before = it.instance();
    await Promise.all(set.sentinels.map((sentinel) => sentinel.kill()));
    await eventually(() => expect(it.conditions()).toHaveLength(3));
    expect(it.instance()).toBe(before);
    expect(it.discovery.stats.sources[0]).toMatchObject({
      state: "stale",
      lastError: "FLEET_DISCOVERY_SENTINEL_UNREACHABLE",
    });
    await eventually(() => expect(it.conditions()[0]?.message).toMatch(/ECONNREFUSED/));
    await Promise.all(set.sentinels.map((sentinel) => sentinel.restart()));
    await eventually(() => expect(it.state()).toBe("current"), { timeoutMs: 15_000 });
    await eventually(() => expect(it.conditions()).toEqual([]), { timeoutMs: 15_000 });
    expect(it.instance()).toBe(before);
  });

  test("but for one, no failover can happen, and that is said", async () => {
    await using set = await startSentinel({ replicas: 0 });
    await using it = await watched(set.sentinels, { resyncMs: 100 });
    await Promise.all(set.sentinels.slice(1).map((sentinel) => sentinel.kill()));
    await eventually(() =>
      expect(it.conditions()).toContainEqual({
        reason: "NoQuorum",
        object: "master mymaster",
        message: expect.stringMatching(/^no failover can happen: 1 usable Sentinels/) as unknown,
      }),
    );
    expect(it.state()).toBe("current");
    await set.primary.kill();
    // A sentinel whose own clock was late waits before it calls anything down.
    await eventually(
      () => expect(it.conditions()).toContainEqual(expect.objectContaining({ reason: "PrimaryDown" })),
      { timeoutMs: 15_000 },
    );
    expect(it.roles()).toEqual({ [set.primary.port]: "primary" });
  });

  test("the one that was configured, the learned ones carry on", async () => {
    await using set = await startSentinel({ replicas: 1 });
    await using it = await watched(set.sentinels.slice(0, 1));
    await eventually(async () => {
      expect(await Promise.all(set.sentinels.map(clients))).toEqual([1, 1, 1]);
    });
    await set.sentinels[0]!.kill();
    await set.sentinels[1]!.call("SENTINEL", "FAILOVER", "mymaster");
    await eventually(() => expect(it.roles()).toMatchObject({ [set.replicas[0]!.port]: "primary" }), {
      timeoutMs: 15_000,
    });
  });

  test("at the start, it fails with what each said", async () => {
    await using set = await startSentinel({ replicas: 0, sentinels: 2 });
    await Promise.all(set.sentinels.map((sentinel) => sentinel.kill()));
    await expect(watched(set.sentinels)).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_START_FAILED",
      message: expect.stringMatching(
        /None of the sentinels answers\nsentinel 127.0.0.1:\d+: connect ECONNREFUSED/,
      ) as unknown,
    });
  });

  test("one at the start is no reason to wait longer than for the others", async () => {
    await using set = await startSentinel({ replicas: 0 });
    set.sentinels[0]!.pause();
    await using it = await watched(set.sentinels, { answerTimeoutMs: 60_000 });
    expect(it.names()).toEqual(["mymaster"]);
  });
});

describe("a sentinel that cannot be trusted", () => {
  test("by itself takes nothing away: forgetful or cut off, the last set stays and is reported", async () => {
    await using set = await startSentinel({ replicas: 1, sentinels: 2 });
    await using forgetful = await startRedis({ config: { sentinel: ["resolve-hostnames no"] } });
    await using it = await watched([...set.sentinels, forgetful], { resyncMs: 100 });
    await set.sentinels[0]!.call("SENTINEL", "FAILOVER", "mymaster");
    const next = set.replicas[0]!.port;
    await eventually(() => expect(it.roles()).toMatchObject({ [next]: "primary" }), { timeoutMs: 15_000 });
    // Both know of it, so both know of it after a restart.
    for (const sentinel of set.sentinels)
      await eventually(async () => {
        const address = await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster");
        expect(address).toEqual(["127.0.0.1", String(next)]);
      });
    // One after the other: what the second said last may be older than the failover, and with the forgetful one it is a majority.
    const [informed, other] = set.sentinels;
    await other!.kill();
    await eventually(() =>
      expect(it.conditions()).toContainEqual(
        expect.objectContaining({ object: `sentinel 127.0.0.1:${other!.port}` }),
      ),
    );
    await informed!.kill();
    await eventually(() =>
      expect(it.discovery.stats.sources[0]).toMatchObject({
        state: "stale",
        lastError: "FLEET_DISCOVERY_SENTINEL_MINORITY",
      }),
    );
    expect(it.roles()).toMatchObject({ [next]: "primary" });
    // Now it is not forgetful but cut off: it still believes in the old primary.
    await monitor(forgetful, "mymaster", set.primary);
    await eventually(async () => {
      const answer = (await forgetful.call("SENTINEL", "MASTERS")) as readonly unknown[];
      expect(answer).toHaveLength(1);
    });
    expect(it.roles()).toMatchObject({ [next]: "primary" });
    await Promise.all(set.sentinels.map((sentinel) => sentinel.restart()));
    await eventually(() => expect(it.state()).toBe("current"), { timeoutMs: 15_000 });
    expect(it.roles()).toMatchObject({ [next]: "primary" });
  });

  test("called down by its set is dialled no more, but named; after a reset it is forgotten", async () => {
    await using set = await startSentinel({ replicas: 0 });
    const questions = new Questions();
    await using it = await watched(set.sentinels.slice(0, 1), { resyncMs: 100, connect: questions.connect });
    const [, , away] = set.sentinels;
    await away!.kill();
    await eventually(() =>
      expect(it.conditions()).toEqual([
        {
          reason: "SentinelUnreachable",
          object: `sentinel 127.0.0.1:${away!.port}`,
          message: "the other sentinels call it down",
        },
      ]),
    );
    const { dials } = questions;
    await away!.restart();
    await eventually(() => expect(it.conditions()).toEqual([]));
    expect(questions.dials).toBe(dials + 1);
    await away!.kill();
    await eventually(() => expect(it.conditions()).toHaveLength(1));
    for (const sentinel of set.sentinels.slice(0, 2)) await sentinel.call("SENTINEL", "RESET", "mymaster");
    await eventually(() =>
      expect(it.conditions().map(({ reason }) => reason)).not.toContain("SentinelUnreachable"),
    );
  });

  test("because it is a Redis, is told apart from one that is", async () => {
    await using redis = await startRedis();
    await expect(watched([redis])).rejects.toMatchObject({
      message: expect.stringMatching(/ERR unknown command 'SENTINEL'/i) as unknown,
    });
  });

  test("because it asks for a password, says so; the password is in no message", async () => {
    await using sentinel = await startRedis({
      config: { sentinel: ["resolve-hostnames no"] },
      password: "hunter2",
    });
    const failure = await watched([sentinel], {
      connect: ({ host, port }) => connect({ host, port, password: "hunter3" }),
    }).then(
      () => "it started",
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/WRONGPASS/);
    expect(failure).not.toContain("hunter");
    await using it = await watched([sentinel], {
      connect: ({ host, port }) => connect({ host, port, password: "hunter2" }),
    });
    expect(it.names()).toEqual([]);
  });
});
