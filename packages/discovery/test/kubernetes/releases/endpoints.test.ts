import { describe, expect, test } from "vitest";

import type { EndpointRecord, SliceRecord } from "../../../src/kubernetes/profiles/objects.ts";
import type { ServiceKind } from "../../../src/kubernetes/profiles/profile.ts";
import { endpointsOf } from "../../../src/kubernetes/releases/endpoints.ts";

type Roads = Parameters<typeof endpointsOf>[0];

const redis = [{ name: "redis", port: 6379 }];
const byName = { name: "redis", tls: false } as const;

/** `address`, or `address/pod`; not terminating and ready unless told. */
function endpoint(text: string, more: Partial<EndpointRecord> = {}): EndpointRecord {
  const [address, pod] = text.split("/") as [string, string?];
  return {
    address,
    ready: true,
    serving: true,
    terminating: false,
    ...(pod !== undefined && { pod: { name: pod, uid: `uid-${pod}` } }),
    ...more,
  };
}

function slice(endpoints: readonly EndpointRecord[], more: Partial<SliceRecord> = {}): SliceRecord {
  return {
    uid: "s",
    namespace: "shop",
    name: "orders-1",
    service: "orders",
    addressType: "IPv4",
    ports: redis,
    endpoints,
    ...more,
  };
}

const road = (kind: ServiceKind, ...slices: readonly SliceRecord[]): Roads[number] => ({
  kind,
  port: byName,
  slices,
});

function seen(roads: Roads, more: Partial<Parameters<typeof endpointsOf>[1]> = {}): readonly string[] {
  const options = { instance: "i", zone: undefined, tlsPorts: [], cluster: false, ...more };
  return endpointsOf(roads, options).endpoints.map(
    ({ uid, host, port, role, zone = "-", leaving = false }) =>
      `${uid} ${host}:${port} ${role} ${zone}${leaving ? " leaving" : ""}`,
  );
}

describe("each process is one endpoint", () => {
  test("a Pod in several slices and behind several Services is one, by its uid", () => {
    const all = slice([endpoint("10.0.0.1/a"), endpoint("10.0.0.2/b")]);
    const again = slice([endpoint("10.0.0.2/b"), endpoint("10.0.0.3/c")], { name: "orders-2" });
    expect(seen([road("all", all, again), road("headless", all)])).toEqual([
      "uid-a 10.0.0.1:6379 unknown -",
      "uid-b 10.0.0.2:6379 unknown -",
      "uid-c 10.0.0.3:6379 unknown -",
    ]);
  });

  test("IPv4 comes before IPv6 of the same Pod, whichever slice comes first", () => {
    const four = slice([endpoint("10.0.0.1/a")]);
    const six = slice([endpoint("fd00::1/a"), endpoint("fd00::2/b")], {
      name: "a-first",
      addressType: "IPv6",
    });
    const expected = ["uid-a 10.0.0.1:6379 unknown -", "uid-b fd00::2:6379 unknown -"];
    expect(seen([road("all", four, six)])).toEqual(expected);
    expect(seen([road("all", six, four)])).toEqual(expected);
  });

  test("what is no Pod is known by its address, within its instance", () => {
    const two = slice([endpoint("192.168.0.9"), endpoint("192.168.0.8")]);
    expect(seen([road("all", two, two)], { instance: "svc-uid" })).toEqual([
      "svc-uid/192.168.0.8:6379 192.168.0.8:6379 unknown -",
      "svc-uid/192.168.0.9:6379 192.168.0.9:6379 unknown -",
    ]);
  });

  test("its port is that of the Pod, found by the name that the Service gives it", () => {
    const ports = [
      { name: "metrics", port: 9121 },
      { name: "redis", port: 7000 },
    ];
    expect(seen([road("all", slice([endpoint("10.0.0.1/a")], { ports }))])).toEqual([
      "uid-a 10.0.0.1:7000 unknown -",
    ]);
  });

  test("a port without a name is found too, and a slice without the port has no endpoints", () => {
    const unnamed = slice([endpoint("10.0.0.1/a")], { ports: [{ port: 6379 }] });
    const other = slice([endpoint("10.0.0.2/b")], { ports: [{ name: "web", port: 80 }] });
    const port = { name: "", tls: false } as const;
    expect(seen([{ kind: "all", port, slices: [unnamed, other] }])).toEqual([
      "uid-a 10.0.0.1:6379 unknown -",
    ]);
  });

  test("what selects no role says the port, since a role may be served by a proxy", () => {
    const proxy = slice([endpoint("10.0.0.1/a")], { ports: [{ name: "redis", port: 6380 }] });
    const direct = slice([endpoint("10.0.0.1/a")]);
    expect(seen([road("primary", proxy), road("headless", direct)])).toEqual([
      "uid-a 10.0.0.1:6379 primary -",
    ]);
  });

  test("its zone is that of its slice, else the one that is told", () => {
    const both = slice([endpoint("10.0.0.1/a", { zone: "eu-1a" }), endpoint("10.0.0.2/b")]);
    expect(seen([road("all", both)], { zone: "home" })).toEqual([
      "uid-a 10.0.0.1:6379 unknown eu-1a",
      "uid-b 10.0.0.2:6379 unknown home",
    ]);
  });
});

describe("who is in, on the way out, and out", () => {
  test.for<[string, Partial<EndpointRecord>, readonly string[]]>([
    ["ready", {}, ["uid-a 10.0.0.1:6379 unknown -"]],
    ["not ready", { ready: false, serving: false }, []],
    ["not ready, but published all the same", { ready: true, serving: false }, []],
    [
      "terminating and serving",
      { ready: false, terminating: true },
      ["uid-a 10.0.0.1:6379 unknown - leaving"],
    ],
    [
      "terminating, serving and published all the same",
      { terminating: true },
      ["uid-a 10.0.0.1:6379 unknown - leaving"],
    ],
    ["terminating and not serving", { ready: false, serving: false, terminating: true }, []],
    ["neither ready nor terminating", { ready: false, serving: true }, []],
  ])("%s", ([, more, expected]) => {
    expect(seen([road("headless", slice([endpoint("10.0.0.1/a", more)]))])).toEqual(expected);
  });

  test("the Pod that is named for its credentials is the first by name, whether it serves or not", () => {
    const options = { instance: "i", zone: undefined, tlsPorts: [], cluster: false };
    const down = endpoint("10.0.0.1/a", { ready: false, serving: false });
    const roads = [road("all", slice([endpoint("10.0.0.2/b"), down]))];
    expect(endpointsOf(roads, options).pod).toBe("a");
    expect(endpointsOf([road("all", slice([endpoint("10.0.0.2")]))], options).pod).toBeUndefined();
  });
});

describe("roles are hints", () => {
  const a = endpoint("10.0.0.1/a");
  const b = endpoint("10.0.0.2/b");

  test("of the Services that select by them", () => {
    expect(
      seen([
        road("primary", slice([a])),
        road("replicas", slice([b])),
        road("all", slice([a, b, endpoint("10.0.0.3/c")])),
      ]),
    ).toEqual([
      "uid-a 10.0.0.1:6379 primary -",
      "uid-b 10.0.0.2:6379 replica -",
      "uid-c 10.0.0.3:6379 unknown -",
    ]);
  });

  test("of which two primaries, or both roles of one, are none", () => {
    expect(seen([road("primary", slice([a, b]))])).toEqual([
      "uid-a 10.0.0.1:6379 unknown -",
      "uid-b 10.0.0.2:6379 unknown -",
    ]);
    expect(seen([road("primary", slice([a])), road("replicas", slice([a, b]))])).toEqual([
      "uid-a 10.0.0.1:6379 unknown -",
      "uid-b 10.0.0.2:6379 replica -",
    ]);
  });

  test("that a Pod on its way out has no more, so that its successor is the only primary", () => {
    const leaving = endpoint("10.0.0.1/a", { ready: false, terminating: true });
    expect(seen([road("primary", slice([leaving, b]))])).toEqual([
      "uid-a 10.0.0.1:6379 unknown - leaving",
      "uid-b 10.0.0.2:6379 primary -",
    ]);
  });

  test("that nobody has in a cluster", () => {
    expect(seen([road("primary", slice([a])), road("replicas", slice([b]))], { cluster: true })).toEqual([
      "uid-a 10.0.0.1:6379 unknown -",
      "uid-b 10.0.0.2:6379 unknown -",
    ]);
  });
});

describe("what nobody may dial is refused, and the rest of its slice is not", () => {
  const conditions = (one: SliceRecord): readonly string[] =>
    endpointsOf([road("all", one)], {
      instance: "i",
      zone: undefined,
      tlsPorts: [],
      cluster: false,
    }).conditions.map(({ reason, object, message }) => `${reason} ${object}: ${message}`);

  test.for([
    "169.254.169.254",
    "169.254.0.7",
    "100.100.100.200",
    "0.0.0.0",
    "224.0.0.1",
    "fe80::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1%eth0",
    "metadata.google.internal",
  ])("%s", (address) => {
    const one = slice([endpoint(`${address}/bad`), endpoint("10.0.0.1/a")]);
    expect(seen([road("all", one)])).toEqual(["uid-a 10.0.0.1:6379 unknown -"]);
    expect(conditions(one)).toHaveLength(1);
    expect(conditions(one)[0]).toContain(`RefusedAddress EndpointSlice shop/orders-1: "${address}"`);
  });

  test("names, whatever they are", () => {
    const one = slice([endpoint("redis.example.com")], { addressType: "FQDN" });
    expect(seen([road("all", one)])).toEqual([]);
    expect(conditions(one)).toEqual([
      'RefusedAddress EndpointSlice shop/orders-1: "redis.example.com" is a name, which may resolve to anything',
    ]);
  });

  test.for([0, 65_536, -1, 1.5])("port %s", (port) => {
    const one = slice([endpoint("10.0.0.1/a")], { ports: [{ name: "redis", port }] });
    expect(seen([road("all", one)])).toEqual([]);
    expect(conditions(one)).toEqual([
      `PortOutOfRange EndpointSlice shop/orders-1: a port must be from 1 to 65535, got ${port}`,
    ]);
  });
});

test("TLS shows by the name of the port, or by its number where the convention says so", () => {
  const options = { instance: "i", zone: undefined, tlsPorts: [6379], cluster: false };
  const roads = [road("all", slice([endpoint("10.0.0.1/a")]))];
  expect(endpointsOf(roads, options).tls).toBe(true);
  expect(endpointsOf(roads, { ...options, tlsPorts: [] }).tls).toBe(false);
  const named = [{ kind: "all" as const, port: { name: "redis", tls: true }, slices: roads[0]!.slices }];
  expect(endpointsOf(named, { ...options, tlsPorts: [] }).tls).toBe(true);
});
