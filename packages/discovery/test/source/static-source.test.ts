import { describe, expect, test } from "vitest";

import { InvalidInstancesError, StaticSource } from "../../src/index.ts";
import type { Instance, InstanceInput } from "../../src/index.ts";
import { sourceContract } from "./source-contract.ts";

const endpoints = [{ host: "10.0.0.1", port: 6379 }];

sourceContract("StaticSource", () =>
  Promise.resolve({
    source: new StaticSource([
      { name: "orders", endpoints },
      { name: "sessions", endpoints: [{ host: "10.0.0.2", port: 6379 }] },
    ]),
    names: ["orders", "sessions"],
    settle: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
);

async function only(input: InstanceInput): Promise<Instance> {
  const sets: (readonly Instance[])[] = [];
  const sink = { replace: (set: readonly Instance[]) => void sets.push(set), fail: () => {} };
  await new StaticSource([input]).start(sink, { signal: new AbortController().signal });
  return sets[0]![0]!;
}

/** The faults of a list, whatever its type. */
function faults(...inputs: readonly unknown[]): readonly string[] {
  try {
    const source = new StaticSource(inputs as readonly InstanceInput[]);
    return [`no fault in ${source.name}`];
  } catch (error) {
    if (error instanceof InvalidInstancesError) return error.faults;
    throw error;
  }
}

describe("another list", () => {
  const started = async (source: StaticSource): Promise<string[][]> => {
    const sets: string[][] = [];
    const sink = {
      replace: (set: readonly Instance[]) => void sets.push(set.map(({ name }) => name)),
      fail: () => {},
    };
    await source.start(sink, { signal: new AbortController().signal });
    return sets;
  };

  test("takes the place of the one before, also before the start", async () => {
    const source = new StaticSource([{ name: "orders", endpoints }]);
    source.replace([{ name: "sessions", endpoints }]);
    const sets = await started(source);
    source.replace([]);
    expect(sets).toEqual([["sessions"], []]);
  });

  test("that has faults changes nothing; after close none is handed over", async () => {
    const source = new StaticSource([{ name: "orders", endpoints }]);
    const sets = await started(source);
    expect(() => source.replace([{ name: "", endpoints }])).toThrow(InvalidInstancesError);
    await source.close();
    source.replace([{ name: "sessions", endpoints }]);
    expect(sets).toEqual([["orders"]]);
  });
});

describe("what is not written has a default", () => {
  test("uid, role, labels, state and reads", async () => {
    expect(await only({ name: "orders", endpoints })).toEqual({
      name: "orders",
      uid: "orders",
      endpoints: [{ uid: "orders/10.0.0.1:6379", host: "10.0.0.1", port: 6379, role: "unknown" }],
      labels: {},
      state: "ready",
      reads: "primary",
    });
  });

  test("what is written stays as it is, and undefined counts as not written", async () => {
    const input = {
      name: "orders",
      uid: "0d3b",
      namespace: "shop",
      group: "carts",
      labels: { tier: "gold" },
      tls: { caFile: "/etc/ca.crt", servername: "orders.shop.svc" },
      credentials: { username: "fleet", password: "file:/run/secrets/orders" },
      state: "drain",
      reads: "replica",
      endpoints: [{ uid: "pod-1", host: "::1", port: 6380, role: "primary", zone: "eu-1a" }],
    } as const;
    expect(await only(input)).toEqual(input);
    expect(
      Object.keys(await only({ name: "orders", endpoints, group: undefined, tls: undefined })),
    ).not.toContain("group");
  });

  test("later changes of what was handed in change nothing", async () => {
    const labels = { tier: "gold" };
    const instance = await only({ name: "orders", endpoints, labels });
    labels.tier = "silver";
    expect(instance.labels).toEqual({ tier: "gold" });
  });
});

describe("faults are all told, one line each, with path and value", () => {
  test.for<[string, unknown, string]>([
    ["an upper-case name", { name: "Orders", endpoints }, "instances[0].name: must be a DNS label"],
    [
      "a name of 64 characters",
      { name: "a".repeat(64), endpoints },
      "instances[0].name: must be a DNS label",
    ],
    ["a name that ends with a dash", { name: "orders-", endpoints }, 'got "orders-"'],
    ["a name with a line break", { name: "orders\n", endpoints }, 'got "orders\\n"'],
    ["no name", { endpoints }, "instances[0].name: must be a DNS label"],
    ["no endpoints", { name: "a", endpoints: [] }, "instances[0].endpoints: must have at least one endpoint"],
    ["an unknown field", { name: "a", endpoints, weight: 3 }, "instances[0].weight: is not a known field"],
    ["a wrong state", { name: "a", endpoints, state: "off" }, 'one of ready, drain, maintenance, got "off"'],
    ["wrong reads", { name: "a", endpoints, reads: "all" }, 'one of primary, replica, any, got "all"'],
    [
      "a label that is no string",
      { name: "a", endpoints, labels: { b: 1 } },
      "instances[0].labels.b: must be a",
    ],
    ["a null", { name: "a", endpoints, group: null }, "instances[0].group: must be a DNS label"],
    ["half a client certificate", { name: "a", endpoints, tls: { keyFile: "k" } }, "go together"],
    ["something that is no record", 7, "instances[0]: must be a record, got 7"],
  ])("%s", ([, input, expected]) => {
    const found = faults(input);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test.for([0, -1, 65_536, 1.5, Number.NaN, "6379", null])("port %s", (port) => {
    const found = faults({ name: "a", endpoints: [{ host: "h", port }] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^instances\[0\]\.endpoints\[0\]\.port: must be an integer from 1 to 65535, got /,
    );
  });

  test("port 1 and port 65535 are ports", async () => {
    const [first, last] = [1, 65_535].map((port) => only({ name: "a", endpoints: [{ host: "h", port }] }));
    expect((await first!).endpoints[0]!.port).toBe(1);
    expect((await last!).endpoints[0]!.port).toBe(65_535);
  });

  test("a name twice, an address twice, two primaries and a bad port in one go", () => {
    expect(
      faults(
        {
          name: "a",
          endpoints: [
            { host: "h", port: 1, role: "primary" },
            { host: "H", port: 1, role: "primary" },
          ],
        },
        { name: "a", endpoints: [{ host: "h", port: 0 }] },
      ),
    ).toEqual([
      "instances[1].endpoints[0].port: must be an integer from 1 to 65535, got 0",
      'instances[0].endpoints[1]: must not stand twice, got "h:1" again',
      'instances[0].endpoints: must have at most one primary, got "h:1" and "h:1"',
      'instances[1].name: must not stand twice, got "a" again',
    ]);
  });

  test("a uid that another instance has by default", () => {
    expect(faults({ name: "a", uid: "b", endpoints }, { name: "b", endpoints })).toEqual([
      'instances[1].uid: must not stand twice, got "b" again',
    ]);
    expect(
      faults({
        name: "a",
        endpoints: [
          { host: "h", port: 1 },
          { uid: "a/h:1", host: "h", port: 2 },
        ],
      }),
    ).toEqual(['instances[0].endpoints[1].uid: must not stand twice, got "a/h:1" again']);
  });

  test("the error carries them, a code and nothing else", () => {
    const broken = (): StaticSource => new StaticSource([{ name: "A", endpoints }]);
    expect(broken).toThrow(
      expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_INSTANCES", name: "InvalidInstancesError" }),
    );
    expect(broken).toThrow(/^The instances have a fault:\ninstances\[0\]\.name/);
  });

  test("a nameless source", () => {
    expect(() => new StaticSource([], { name: "" })).toThrow(
      expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_OPTION" }),
    );
  });
});

describe("secrets", () => {
  const secret = "hunter2";
  test.for<[string, unknown]>([
    ["a literal password", { name: "a", endpoints, credentials: { password: secret } }],
    [
      "a literal password that looks like a path",
      { name: "a", endpoints, credentials: { password: `/${secret}` } },
    ],
    ["a reference with a space", { name: "a", endpoints, credentials: { password: `env:${secret} x` } }],
    ["credentials that are the password", { name: "a", endpoints, credentials: secret }],
    ["credentials in a list", { name: "a", endpoints, credentials: [secret] }],
    ["a user name with a space", { name: "a", endpoints, credentials: { username: `u ${secret}` } }],
    ["a connection string as host", { name: "a", endpoints: [{ host: `redis://:${secret}@h`, port: 1 }] }],
    ["user information in a host", { name: "a", endpoints: [{ host: `:${secret}@h`, port: 1 }] }],
    ["a query in a host", { name: "a", endpoints: [{ host: `h?password=${secret}`, port: 1 }] }],
    ["a password beside the credentials", { name: "a", endpoints, password: secret }],
    ["a whole record where a word belongs", { name: { password: secret }, endpoints }],
  ])("%s is refused and not shown", ([, input]) => {
    const found = faults(input);
    expect(found).toHaveLength(1);
    expect(found.join("\n")).not.toContain(secret);
  });

  test.for(["env:REDIS_PASSWORD", "env:_x1", "file:/run/secrets/redis", "file:/a b"])(
    "%s says where the password is",
    async (password) => {
      expect((await only({ name: "a", endpoints, credentials: { password } })).credentials).toEqual({
        password,
      });
    },
  );

  test.for(["env:", "env:1X", "env:A-B", "file:relative", "file:", "ENV:X", "vault:secret/x"])(
    "%s does not",
    (password) => {
      expect(faults({ name: "a", endpoints, credentials: { password } })).toHaveLength(1);
    },
  );
});
