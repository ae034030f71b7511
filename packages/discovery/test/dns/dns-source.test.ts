import { FakeClock, eventually } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Discovery, DnsSource } from "../../src/index.ts";
import type { Condition, DnsResolver, Instance } from "../../src/index.ts";
import { changingSourceContract, sourceContract } from "../source/source-contract.ts";
import type { ChangingSubject } from "../source/source-contract.ts";
import { startDnsServer } from "./dns-server.ts";
import type { DnsAnswer, DnsServer } from "./dns-server.ts";

type Options = ConstructorParameters<typeof DnsSource>[0];

/** The test's own clock stands still while questions are on their way: it has not to wait for them in earnest. */
const patient = 3_600_000;

/** Counts the questions that have no answer yet. */
function counting(resolver: DnsResolver): {
  readonly resolver: DnsResolver;
  readonly answered: () => Promise<void>;
} {
  let open = 0;
  const counted = async <T>(answer: Promise<T>): Promise<T> => {
    open += 1;
    try {
      return await answer;
    } finally {
      open -= 1;
    }
  };
  return {
    resolver: {
      resolve4: (name, options) => counted(resolver.resolve4(name, options)),
      resolve6: (name, options) => counted(resolver.resolve6(name, options)),
      resolveSrv: (name) => counted(resolver.resolveSrv(name)),
    },
    answered: () => eventually(() => expect(open).toBe(0)),
  };
}

async function subject(): Promise<ChangingSubject> {
  const server = await startDnsServer();
  const good = (): void => {
    server.zone.set("A orders.example", { addresses: ["10.0.0.1", "10.0.0.2"] });
    server.zone.set("SRV _redis._tcp.sessions.example", { targets: [{ name: "s1.example", port: 6380 }] });
    server.zone.set("A s1.example", { addresses: ["10.0.1.1"] });
  };
  good();
  const clock = new FakeClock();
  const { resolver, answered } = counting(server.resolver());
  const source = new DnsSource({
    instances: [
      { name: "orders", host: "orders.example" },
      { name: "sessions", srv: "_redis._tcp.sessions.example" },
    ],
    resolver,
    timeoutMs: patient,
    clock,
  });
  return {
    source,
    names: ["orders", "sessions"],
    settle: async () => {
      await answered();
      await clock.advance(30_000);
      await answered();
    },
    change: () => {
      server.zone.set("A orders.example", { addresses: ["10.0.0.3"] });
      return Promise.resolve(["orders", "sessions"]);
    },
    damage: () => {
      for (const question of server.zone.keys()) server.zone.set(question, "SERVFAIL");
      return Promise.resolve();
    },
    heal: () => Promise.resolve(good()),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      expect(clock.pending).toBe(0);
      await server[Symbol.asyncDispose]();
    },
  };
}

sourceContract("DnsSource", subject);
changingSourceContract("DnsSource", subject);

interface Looking extends AsyncDisposable {
  readonly server: DnsServer;
  readonly discovery: Discovery;
  readonly clock: FakeClock;
  readonly told: readonly string[];
  /** Lets time pass, and what is asked then be answered. */
  pass(ms: number): Promise<void>;
  instance(name?: string): Instance;
  /** `host:port` of each endpoint. */
  endpoints(name?: string): readonly string[];
  conditions(): readonly Condition[];
  reasons(): readonly string[];
  source(): Discovery["stats"]["sources"][number];
}

/** A started Discovery over one DnsSource that asks a server of its own. */
async function looking(
  zone: Readonly<Record<string, DnsAnswer>>,
  instances: Options["instances"] = [{ name: "orders", host: "orders.example" }],
  options: Partial<Options> = {},
): Promise<Looking> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startDnsServer());
  for (const [question, answer] of Object.entries(zone)) server.zone.set(question, answer);
  const clock = new FakeClock();
  const { resolver, answered } = counting(server.resolver());
  const source = new DnsSource({
    instances,
    resolver,
    timeoutMs: patient,
    clock,
    random: () => 1,
    ...options,
  });
  const discovery = opened.use(new Discovery({ sources: [source], clock }));
  await discovery.start();
  const told: string[] = [];
  discovery.subscribe(({ type, instance }) => told.push(`${type} ${instance.name}`));
  const all = opened.move();
  const instance = (name = "orders"): Instance => discovery.instances.get(name)!;
  return {
    server,
    discovery,
    clock,
    told,
    pass: async (ms) => {
      await answered();
      await clock.advance(ms);
      await answered();
      await clock.advance(0);
    },
    instance,
    endpoints: (name) => instance(name).endpoints.map(({ host, port }) => `${host}:${port}`),
    conditions: () => source.conditions,
    reasons: () => source.conditions.map(({ reason, object }) => `${reason} ${object}`),
    source: () => discovery.stats.sources[0]!,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

describe("addresses", () => {
  test("of a host are endpoints, with the port of Redis or the one that is given", async () => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.2", "10.0.0.1"] } }, [
      { name: "orders", host: "orders.example" },
      { name: "other", host: "orders.example", port: 7000 },
    ]);
    expect(it.instance()).toEqual({
      name: "orders",
      uid: "orders",
      endpoints: [
        { uid: "orders/10.0.0.1:6379", host: "10.0.0.1", port: 6379, role: "unknown" },
        { uid: "orders/10.0.0.2:6379", host: "10.0.0.2", port: 6379, role: "unknown" },
      ],
      labels: {},
      state: "ready",
      reads: "primary",
    });
    expect(it.endpoints("other")).toEqual(["10.0.0.1:7000", "10.0.0.2:7000"]);
    expect(it.conditions()).toEqual([]);
  });

  test("in another order, as servers rotate them, are no change", async () => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1", "10.0.0.2"] } });
    const before = it.discovery.instances;
    it.server.zone.set("A orders.example", { addresses: ["10.0.0.2", "10.0.0.1"] });
    await it.pass(5_000);
    expect(it.server.asked).toHaveLength(2);
    expect(it.discovery.instances).toBe(before);
    expect(it.source().lastSyncAgeMs).toBe(0);
  });

  test("are IPv4, and IPv6 where a name has no IPv4; or what is asked for", async () => {
    const zone = {
      "A both.example": { addresses: ["10.0.0.1"] },
      "AAAA both.example": { addresses: ["fd00::1"] },
      "A six.example": "NODATA",
      "AAAA six.example": { addresses: ["fd00::6"] },
    } as const;
    const both = { name: "both", host: "both.example" };
    await using any = await looking(zone, [both, { name: "six", host: "six.example" }]);
    expect([any.endpoints("both"), any.endpoints("six")]).toEqual([["10.0.0.1:6379"], ["fd00::6:6379"]]);
    expect(any.server.asked).not.toContain("AAAA both.example");
    await using six = await looking(zone, [both], { family: 6 });
    expect(six.endpoints("both")).toEqual(["fd00::1:6379"]);
    expect(six.server.asked).toEqual(["AAAA both.example"]);
    await using four = await looking(zone, [both, { name: "six", host: "six.example" }], { family: 4 });
    expect(four.endpoints("six")).toEqual([]);
    expect(four.server.asked).not.toContain("AAAA six.example");
  });

  test("where no Redis may be are refused and named: link-local, metadata", async () => {
    await using it = await looking({
      "A orders.example": { addresses: ["169.254.169.254", "10.0.0.1", "0.0.0.0"] },
    });
    expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
    expect(it.conditions()).toEqual(
      ["169.254.169.254", "0.0.0.0"].map((address) => ({
        reason: "RefusedAddress",
        object: "name orders.example",
        message: expect.stringContaining(address) as unknown,
      })),
    );
    expect(it.source().state).toBe("current");
  });
});

describe("an answer holds", () => {
  test.for([
    ["for its time to live", 5, 5_000],
    ["for a second at least", 0, 1_000],
    ["for half a minute at most", 86_400, 30_000],
  ] as const)("%s", async ([, ttl, ms]) => {
    await using it = await looking({ "A orders.example": { ttl, addresses: ["10.0.0.1"] } });
    await it.pass(ms - 1);
    expect(it.server.asked).toHaveLength(1);
    it.server.zone.set("A orders.example", { ttl, addresses: ["10.0.0.2"] });
    await it.pass(1);
    expect(it.endpoints()).toEqual(["10.0.0.2:6379"]);
    expect(it.told).toEqual(["updated orders"]);
  });

  test("as long as the shortest of the addresses that records of a service lead to", async () => {
    await using it = await looking(
      {
        "SRV _redis._tcp.orders.example": {
          ttl: 1,
          targets: [
            { name: "a.example", port: 1 },
            { name: "b.example", port: 2 },
          ],
        },
        "A a.example": { ttl: 20, addresses: ["10.0.0.1"] },
        "A b.example": { ttl: 10, addresses: ["10.0.0.2"] },
      },
      [{ name: "orders", srv: "_redis._tcp.orders.example" }],
    );
    const { length } = it.server.asked;
    await it.pass(9_999);
    expect(it.server.asked).toHaveLength(length);
    await it.pass(1);
    expect(it.server.asked).toHaveLength(2 * length);
  });
});

describe("a question that fails says nothing of the name", () => {
  test.for<[DnsAnswer | "no server", RegExp]>([
    ["SERVFAIL", /ESERVFAIL/],
    ["REFUSED", /EREFUSED/],
    ["silence", /ETIMEOUT/],
    ["garbage", /EBADRESP|ETIMEOUT/],
    ["no server", /ECONNREFUSED|ETIMEOUT/],
  ])("%s: the endpoints stay for as long as it lasts, and it is told", async ([answer, message]) => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1"] } });
    const before = it.instance();
    if (answer === "no server") await it.server.close();
    else it.server.zone.set("A orders.example", answer);
    for (let round = 0; round < 5; round += 1) await it.pass(30_000);
    expect(it.instance()).toBe(before);
    expect(it.source()).toMatchObject({ state: "stale", lastError: "FLEET_DISCOVERY_DNS_FAILED" });
    expect(it.conditions()).toEqual([
      {
        reason: "LookupFailed",
        object: "name orders.example",
        message: expect.stringMatching(message) as unknown,
      },
    ]);
    if (answer === "no server") await it.server.open();
    it.server.zone.set("A orders.example", { addresses: ["10.0.0.1"] });
    await it.pass(30_000);
    expect(it.source()).toMatchObject({ state: "current", lastError: undefined, lastSyncAgeMs: 0 });
    expect(it.conditions()).toEqual([]);
    expect(it.told).toEqual([]);
  });

  test("a resolver that never answers is given up after its time", async () => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1"] } }, undefined, {
      timeoutMs: 5_000,
    });
    it.server.zone.set("A orders.example", "silence");
    await it.clock.advance(5_000);
    await it.clock.advance(5_000);
    expect(it.conditions()).toMatchObject([{ reason: "LookupFailed", message: "no answer within 5000 ms" }]);
  });

  test("a look-up through the system's resolver that is told to try again later is one", async () => {
    const clock = new FakeClock();
    const again = Object.assign(new Error("getaddrinfo EAI_AGAIN orders.example"), { code: "EAI_AGAIN" });
    let answer: () => ReturnType<DnsResolver["resolve4"]> = () =>
      Promise.resolve([{ address: "10.0.0.1", ttl: 5 }]);
    const resolver: DnsResolver = {
      resolve4: () => answer(),
      resolve6: () => Promise.reject(again),
      resolveSrv: () => Promise.reject(again),
    };
    const source = new DnsSource({
      instances: [{ name: "orders", host: "orders.example" }],
      resolver,
      clock,
    });
    await using discovery = new Discovery({ sources: [source], clock });
    await discovery.start();
    answer = () => Promise.reject(again);
    for (let minute = 0; minute < 10; minute += 1) await clock.advance(60_000);
    expect(discovery.instances.get("orders")?.endpoints).toHaveLength(1);
    expect(source.conditions).toMatchObject([{ reason: "LookupFailed" }]);
  });

  test("it is asked again after growing pauses", async () => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1"] } });
    it.server.zone.set("A orders.example", "SERVFAIL");
    await it.pass(5_000);
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const { length } = it.server.asked;
      await it.pass(pause - 1);
      expect(it.server.asked).toHaveLength(length);
      await it.pass(1);
      expect(it.server.asked).toHaveLength(length + 1);
    }
  });

  test("one name that fails is no reason not to serve the others, and its state stays seen", async () => {
    await using it = await looking(
      { "A orders.example": { addresses: ["10.0.0.1"] }, "A users.example": "SERVFAIL" },
      [
        { name: "orders", host: "orders.example" },
        { name: "users", host: "users.example" },
      ],
    );
    expect([it.endpoints("orders"), it.endpoints("users")]).toEqual([["10.0.0.1:6379"], []]);
    it.server.zone.set("A orders.example", { addresses: ["10.0.0.2"] });
    await it.pass(5_000);
    expect(it.endpoints("orders")).toEqual(["10.0.0.2:6379"]);
    expect(it.source()).toMatchObject({ state: "stale", lastError: "FLEET_DISCOVERY_DNS_FAILED" });
    it.server.zone.set("A users.example", { addresses: ["10.0.0.3"] });
    await it.pass(30_000);
    expect(it.endpoints("users")).toEqual(["10.0.0.3:6379"]);
    expect(it.source().state).toBe("current");
  });
});

describe("a name that is denied", () => {
  test.for<["NXDOMAIN" | "NODATA"]>([["NXDOMAIN"], ["NODATA"]])(
    "(%s) keeps its endpoints until that was said for half a minute without a break, then has none",
    async ([denial]) => {
      await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1"] } });
      it.server.zone.set("A orders.example", denial);
      await it.pass(5_000);
      for (let second = 0; second < 29; second += 1) {
        expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
        expect(it.source()).toMatchObject({ state: "stale", lastError: "FLEET_DISCOVERY_DNS_NO_RECORDS" });
        await it.pass(1_000);
      }
      await it.pass(31_000);
      expect(it.endpoints()).toEqual([]);
      expect(it.source()).toMatchObject({ state: "current", lastError: undefined, instances: 1 });
      expect(it.reasons()).toEqual(["NoRecords name orders.example"]);
      it.server.zone.set("A orders.example", { addresses: ["10.0.0.9"] });
      await it.pass(30_000);
      expect(it.endpoints()).toEqual(["10.0.0.9:6379"]);
      expect(it.conditions()).toEqual([]);
    },
  );

  test("while a name server restarts loses nothing: one answer, or one failure, begins anew", async () => {
    await using it = await looking({ "A orders.example": { addresses: ["10.0.0.1"] } }, undefined, {
      maxTtlMs: 1_000,
    });
    for (const answer of [{ addresses: ["10.0.0.1"] }, "SERVFAIL"] as const)
      for (let round = 0; round < 3; round += 1) {
        it.server.zone.set("A orders.example", "NXDOMAIN");
        for (let second = 0; second < 25; second += 1) await it.pass(1_000);
        it.server.zone.set("A orders.example", answer);
        await it.pass(1_000);
      }
    expect(it.told).toEqual([]);
    expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
  });

  test("at the start is one of which nothing is known yet", async () => {
    await expect(looking({})).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_START_FAILED",
      message: expect.stringContaining("The servers say that orders.example has no such record") as unknown,
    });
    await using it = await looking({}, undefined, { goneAfterMs: 0 });
    expect(it.endpoints()).toEqual([]);
  });

  test("of IPv6 alone is not denied when the question for IPv6 fails", async () => {
    await using it = await looking({
      "A orders.example": "NODATA",
      "AAAA orders.example": { addresses: ["fd00::1"] },
    });
    it.server.zone.set("AAAA orders.example", "SERVFAIL");
    for (let round = 0; round < 5; round += 1) await it.pass(30_000);
    expect(it.endpoints()).toEqual(["fd00::1:6379"]);
  });
});

describe("the records of a service", () => {
  const orders = [{ name: "orders", srv: "_redis._tcp.orders.example" }];
  const srv = "SRV _redis._tcp.orders.example";

  test("lead to the addresses of their targets, each with its port, each once", async () => {
    await using it = await looking(
      {
        [srv]: {
          targets: [
            { name: "b.example", port: 6380 },
            { name: "a.example", port: 6379 },
            { name: "alias.example", port: 6379 },
          ],
        },
        "A a.example": { addresses: ["10.0.0.1"] },
        "A alias.example": { addresses: ["10.0.0.1"] },
        "A b.example": { addresses: ["10.0.0.2", "10.0.0.3"] },
      },
      orders,
    );
    expect(it.endpoints()).toEqual(["10.0.0.1:6379", "10.0.0.2:6380", "10.0.0.3:6380"]);
  });

  test("of a lower priority are used, and seen, only while the better ones lead nowhere", async () => {
    await using it = await looking(
      {
        [srv]: {
          targets: [
            { name: "backup.example", port: 2, priority: 20 },
            { name: "main.example", port: 1, priority: 10 },
          ],
        },
        "A main.example": { addresses: ["10.0.0.1"] },
        "A backup.example": { addresses: ["10.0.0.2"] },
      },
      orders,
    );
    expect(it.endpoints()).toEqual(["10.0.0.1:1"]);
    expect(it.reasons()).toEqual(["LowerPriority name _redis._tcp.orders.example"]);
    expect(it.server.asked).not.toContain("A backup.example");
    it.server.zone.delete("A main.example");
    for (let round = 0; round < 30; round += 1) await it.pass(5_000);
    expect(it.endpoints()).toEqual(["10.0.0.2:2"]);
    expect(it.reasons()).toEqual(["NoRecords name main.example"]);
  });

  test("of different weights are used alike, which is said", async () => {
    await using it = await looking(
      {
        [srv]: {
          targets: [
            { name: "a.example", port: 1, weight: 10 },
            { name: "b.example", port: 2, weight: 90 },
          ],
        },
        "A a.example": { addresses: ["10.0.0.1"] },
        "A b.example": { addresses: ["10.0.0.2"] },
      },
      orders,
    );
    expect(it.endpoints()).toHaveLength(2);
    expect(it.reasons()).toEqual(["WeightIgnored name _redis._tcp.orders.example"]);
  });

  test("whose target cannot be looked up keep what is known of it; one that is named no more is forgotten", async () => {
    const targets = (...names: readonly string[]): DnsAnswer => ({
      targets: names.map((name) => ({ name, port: 6379 })),
    });
    await using it = await looking(
      {
        [srv]: targets("a.example", "b.example"),
        "A a.example": { addresses: ["10.0.0.1"] },
        "A b.example": { addresses: ["10.0.0.2"] },
      },
      orders,
    );
    it.server.zone.set("A b.example", "SERVFAIL");
    for (let round = 0; round < 3; round += 1) await it.pass(30_000);
    expect(it.endpoints()).toEqual(["10.0.0.1:6379", "10.0.0.2:6379"]);
    it.server.zone.set(srv, targets("a.example"));
    await it.pass(30_000);
    expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
    expect(it.source().state).toBe("current");
    it.server.zone.set(srv, targets("a.example", "b.example"));
    await it.pass(5_000);
    expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
  });

  test("with a port where no server can be, or none at all, are refused and named", async () => {
    await using it = await looking(
      {
        [srv]: {
          targets: [
            { name: "a.example", port: 0 },
            { name: "b.example", port: 6379 },
          ],
        },
        "A a.example": { addresses: ["10.0.0.1"] },
        "A b.example": { addresses: ["10.0.0.2"] },
      },
      orders,
    );
    expect(it.endpoints()).toEqual(["10.0.0.2:6379"]);
    expect(it.conditions()).toMatchObject([
      {
        reason: "RefusedAddress",
        message: "it leads to 10.0.0.1 port 0, which must have a port from 1 to 65535",
      },
    ]);
  });

  test("that say the service is not to be had (a target of one dot) deny it", async () => {
    await using it = await looking(
      {
        [srv]: { targets: [{ name: "a.example", port: 6379 }] },
        "A a.example": { addresses: ["10.0.0.1"] },
      },
      orders,
      { maxTtlMs: 1_000 },
    );
    it.server.zone.set(srv, { targets: [{ name: ".", port: 0 }] });
    await it.pass(5_000);
    expect(it.endpoints()).toEqual(["10.0.0.1:6379"]);
    for (let second = 0; second < 32; second += 1) await it.pass(1_000);
    expect(it.endpoints()).toEqual([]);
    expect(it.reasons()).toEqual(["NoRecords name _redis._tcp.orders.example"]);
  });
});

describe("TLS", () => {
  test("is checked against the name that is looked up, unless another is given", async () => {
    const zone = {
      "A orders.example": { addresses: ["10.0.0.1"] },
      "SRV _redis._tcp.orders.example": { targets: [{ name: "orders.example", port: 6380 }] },
    } as const;
    await using it = await looking(zone, [
      { name: "a", host: "orders.example", tls: {} },
      { name: "b", srv: "_redis._tcp.orders.example", tls: { caFile: "/ca.crt" } },
      { name: "c", host: "orders.example", tls: { servername: "redis.example" } },
      { name: "d", host: "orders.example" },
    ]);
    expect(it.instance("a").tls).toEqual({ servername: "orders.example" });
    expect(it.instance("b").tls).toEqual({ caFile: "/ca.crt", servername: "orders.example" });
    expect(it.instance("c").tls).toEqual({ servername: "redis.example" });
    expect(it.instance("d").tls).toBeUndefined();
  });
});

test("no instances is a set without any", async () => {
  await using it = await looking({}, []);
  expect(it.discovery.instances.size).toBe(0);
});

test("it asks the servers of the machine unless told otherwise, and cancels what is on its way when it is closed", async () => {
  const source = new DnsSource({ instances: [{ name: "orders", host: "orders.invalid" }] });
  const start = source.start({ replace: () => {}, fail: () => {} }, { signal: new AbortController().signal });
  await source.close();
  await expect(start).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
});

describe("a wrong option stops the start and is printed", () => {
  const made = (options: Record<string, unknown>): DnsSource => new DnsSource({ instances: [], ...options });

  test.for<[Record<string, unknown>, string]>([
    [{ name: "" }, 'name must be a non-empty string, got ""'],
    [{ family: 5 }, 'family must be 4, 6 or "any", got 5'],
    [{ minTtlMs: 0 }, "minTtlMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ maxTtlMs: 999 }, "maxTtlMs must be milliseconds from 1000 to 2147483647, got 999"],
    [{ goneAfterMs: -1 }, "goneAfterMs must be milliseconds from 0 to 2147483647, got -1"],
    [{ timeoutMs: Number.NaN }, "timeoutMs must be milliseconds"],
  ])("%j", ([options, message]) => {
    expect(() => made(options)).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_OPTION",
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });

  test("and so do instances, with every fault at once", () => {
    const instances = [
      { name: "Orders", host: "orders.example" },
      { name: "a" },
      { name: "b", host: "b.example", srv: "_redis._tcp.b.example" },
      { name: "c", host: "10.0.0.1" },
      { name: "d", srv: "_redis._tcp.d.example", port: 6379 },
      { name: "e", host: "metadata.google.internal" },
      { name: "f", host: "f.example", endpoints: [] },
      { name: "f", host: "f.example", port: 0 },
      7,
    ];
    expect(() => made({ instances })).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_INSTANCES",
        faults: [
          expect.stringMatching(/^instances\[0\]\.name: must be a DNS label/),
          "instances[1]: must have either host or srv, got a record",
          "instances[2]: must have either host or srv, got a record",
          'instances[3].host: must be a name and no address, got "10.0.0.1"',
          "instances[4]: srv and port do not go together: the records say the port, got a record",
          'instances[5].host: may not be a metadata service, got "metadata.google.internal"',
          "instances[6].endpoints: is not a known field",
          "instances[7].port: must be an integer from 1 to 65535, got 0",
          "instances[8]: must be a record, got 7",
          'instances[7].name: must not stand twice, got "f" again',
        ],
      }),
    );
  });
});
