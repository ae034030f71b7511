import { describe, expect, test } from "vitest";

import { addressMap } from "../../src/index.ts";

const map = addressMap({
  "10.20.0.5:6379": "127.0.0.1:7001",
  "orders-0.orders.shop.svc:6379": "[::1]:7002",
  "[fd00::5]:6379": "localhost:7003",
});

describe("an announced address", () => {
  test.for([
    ["10.20.0.5", 6379, "127.0.0.1", 7001],
    ["orders-0.orders.shop.svc", 6379, "::1", 7002],
    ["Orders-0.orders.SHOP.svc.", 6379, "::1", 7002],
    ["fd00::5", 6379, "localhost", 7003],
    ["FD00:0:0:0::5", 6379, "localhost", 7003],
  ] as const)("%s port %i is dialled at %s port %i", ([host, port, dialledHost, dialledPort]) => {
    expect(map({ host, port })).toEqual({ host: dialledHost, port: dialledPort });
  });

  test("that is not in the record is dialled as it is, in the same words", () => {
    for (const announced of [
      { host: "10.20.0.5", port: 6380 },
      { host: "10.20.0.6", port: 6379 },
      { host: "fe80::1%eth0", port: 6379 },
      { host: "", port: 0 },
    ])
      expect(map(announced)).toBe(announced);
  });

  test("is looked up once: where to dial is no announced address", () => {
    const chain = addressMap({ "a:1": "b:2", "b:2": "c:3" });
    expect(chain({ host: "a", port: 1 })).toEqual({ host: "b", port: 2 });
  });

  test("of an empty record is dialled as it is", () => {
    const announced = { host: "10.20.0.5", port: 6379 };
    expect(addressMap({})(announced)).toBe(announced);
  });
});

describe("an entry that is none stops the start and is printed", () => {
  test.for<[Record<string, unknown>, string]>([
    [
      { "10.0.0.5": "h:1" },
      'addressMap must be addresses as in "10.20.0.5:6379" or "[fd00::5]:6379", none of them link-local or metadata, got "10.0.0.5"',
    ],
    [{ "h:1": "127.0.0.1" }, 'addressMap["h:1"] must be addresses as in'],
    [{ "h:1": "127.0.0.1" }, 'got "127.0.0.1"'],
    [{ "h:0": "g:1" }, 'got "h:0"'],
    [{ "h:65536": "g:1" }, 'got "h:65536"'],
    [{ "h:06379999": "g:1" }, 'got "h:06379999"'],
    [{ "h:1": 7001 }, "got 7001"],
    [{ "h:1": null }, "got nothing"],
    [{ ":1": "g:1" }, 'got ":1"'],
    [{ "h:1": "" }, 'got ""'],
    [{ "fd00::5:6379": "g:1" }, 'got "fd00::5:6379"'],
    [{ "[10.0.0.5]:6379": "g:1" }, 'got "[10.0.0.5]:6379"'],
    [{ "[fe80::1]:6379": "g:1" }, 'got "[fe80::1]:6379"'],
    [{ "h:1": "169.254.169.254:80" }, 'got "169.254.169.254:80"'],
    [{ "h:1": "metadata.google.internal:80" }, 'got "metadata.google.internal:80"'],
    [{ "h:1": "redis://:hunter2@h:1" }, "got a string that is not shown"],
    [{ "h:1": "g:1\n" }, 'got "g:1\\n"'],
    [{ "h:1": "g:1", "H.:1": "g:2" }, 'addressMap must be a record that has each address once, got "H.:1"'],
  ])("%j", ([record, message]) => {
    expect(() => addressMap(record as Record<string, string>)).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_OPTION",
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });
});
