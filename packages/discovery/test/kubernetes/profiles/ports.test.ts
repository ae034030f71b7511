import { describe, expect, test } from "vitest";

import { choosePort, hasBus, sentinelPort } from "../../../src/kubernetes/profiles/ports.ts";

type Port = readonly [name: string, port: number];
const records = (...ports: readonly Port[]): { name?: string; port: number }[] =>
  ports.map(([name, port]) => (name === "" ? { port } : { name, port }));
const choose = (...ports: readonly Port[]): string | undefined => {
  const port = choosePort(records(...ports), undefined, undefined);
  return typeof port === "string" ? port : port.name;
};

describe("the port of a Service is chosen in a fixed order", () => {
  test("first by the names that Redis ports have, whatever comes first and has which number", () => {
    expect(choose(["web", 6379], ["tcp-redis", 7000])).toBe("tcp-redis");
    expect(choose(["tcp", 1], ["redis", 2])).toBe("redis");
    expect(choose(["server-tls", 6380], ["tcp-server", 6379])).toBe("tcp-server");
  });

  test.for(["redis", "tcp-redis", "redis-client", "tcp-valkey", "valkey", "tcp", "tcp-server", "server-tls"])(
    "%s is such a name",
    (name) => {
      expect(choose(["a", 6379], [name, 1234])).toBe(name);
    },
  );

  test("then by the numbers they have", () => {
    expect(choose(["web", 80], ["data", 6379])).toBe("data");
    expect(choose(["b", 6380], ["a", 6379])).toBe("a");
    expect(choose(["web", 80], ["b", 6380])).toBe("b");
  });

  test("at last the first one, which may have no name", () => {
    expect(choose(["data", 7000], ["more", 7001])).toBe("data");
    expect(choose(["", 7000])).toBe("");
  });

  test.for<Port>([
    ["metrics", 6379],
    ["http-metrics", 6379],
    ["redis-exporter", 6379],
    ["tcp-redis-bus", 6379],
    ["sentinel", 6379],
    ["sentinel-client", 6379],
    ["tcp-sentinel", 6379],
    ["admin", 6379],
    ["cluster", 6379],
    ["data", 9121],
    ["data", 16_379],
    ["data", 26_379],
    ["data", 9999],
  ])("and never %s %s", (port) => {
    expect(choose(port)).toBe("NoPort");
    expect(choose(port, ["other", 1])).toBe("other");
  });

  test("nor one of another protocol", () => {
    expect(choosePort([{ name: "redis", port: 6379, protocol: "UDP" }], undefined, undefined)).toBe("NoPort");
  });

  test("nor one whose number is none", () => {
    for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
      expect(choose(["redis", port])).toBe("PortOutOfRange");
      expect(choose(["redis", port], ["other", 1])).toBe("other");
    }
  });

  test("without ports there is none, unless the convention knows that of the process", () => {
    expect(choose()).toBe("NoPort");
    expect(choosePort(records(["http-metrics", 9121]), undefined, 6379)).toEqual({
      number: 6379,
      tls: false,
      isAssumed: true,
    });
  });

  test("what somebody names comes before all that, even one that is never chosen", () => {
    const ports = records(["redis", 6379], ["admin", 9999]);
    expect(choosePort(ports, "admin", undefined)).toEqual({ name: "admin", tls: false });
    expect(choosePort(ports, 9999, undefined)).toEqual({ name: "admin", tls: false });
    expect(choosePort(ports, 7000, undefined)).toEqual({ number: 7000, tls: false });
    expect(choosePort(ports, "data", undefined)).toBe("NoPort");
  });

  test.for(["server-tls", "tls", "redis-tls", "tls-redis"])("%s speaks TLS", (name) => {
    expect(choosePort(records([name, 1]), undefined, undefined)).toEqual({ name, tls: true });
  });

  test("hustle does not", () => {
    expect(choosePort(records(["hustle", 1]), undefined, undefined)).toEqual({ name: "hustle", tls: false });
  });
});

test("the port of Sentinels is known by its name or number", () => {
  expect(sentinelPort(records(["redis", 6379], ["tcp-sentinel", 5000]))).toBe(5000);
  expect(sentinelPort(records(["", 26_379]))).toBe(26_379);
  expect(sentinelPort(records(["redis", 6379]))).toBeUndefined();
});

test("so is the bus of a cluster", () => {
  expect(hasBus(records(["tcp-redis-bus", 1]))).toBe(true);
  expect(hasBus(records(["cluster", 1]))).toBe(true);
  expect(hasBus(records(["", 16_379]))).toBe(true);
  expect(hasBus(records(["redis", 6379], ["redis-cluster-client", 1]))).toBe(false);
});
