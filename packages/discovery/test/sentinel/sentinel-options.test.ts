import { describe, expect, test } from "vitest";

import { SentinelSource } from "../../src/index.ts";

const made = (options: Record<string, unknown>): SentinelSource =>
  new SentinelSource({
    sentinels: [{ host: "redis-sentinel.shop.svc", port: 26379 }],
    connect: () => {
      throw new Error("nothing is dialled before the start");
    },
    ...options,
  });

test("a good one dials nothing before its start", async () => {
  const source = made({});
  expect(source.name).toBe("sentinel");
  expect(source.conditions).toEqual([]);
  await source.close();
});

describe("a wrong option stops the start and is printed", () => {
  test.for<[Record<string, unknown>, string]>([
    [{ name: "" }, 'name must be a non-empty string, got ""'],
    [{ sentinels: [] }, "sentinels must be a list of at least one address, got none"],
    [
      { sentinels: [{ host: "169.254.169.254", port: 26379 }] },
      'sentinels[0].host must be a host name or an IP address, neither link-local nor metadata, got "169.254.169.254"',
    ],
    [{ sentinels: [{ port: 26379 }] }, "sentinels[0].host must be a host name"],
    [{ sentinels: [{ host: "redis://:hunter2@h", port: 1 }] }, "got a string that is not shown"],
    [{ sentinels: [{ host: "h", port: 0 }] }, "sentinels[0].port must be an integer from 1 to 65535, got 0"],
    [{ sentinels: [{ host: "h", port: "26379" }] }, 'got "26379"'],
    [{ masters: [""] }, 'masters[0] must be the name of a master, got ""'],
    [{ names: { myMaster: "My Orders" } }, 'names["myMaster"] must be a DNS label'],
    [{ names: { myMaster: 7 } }, "got 7"],
    [{ resyncMs: 0 }, "resyncMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ answerTimeoutMs: Number.NaN }, "answerTimeoutMs must be milliseconds"],
  ])("%j", ([options, message]) => {
    expect(() => made(options)).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_OPTION",
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });

  test("what found instances would get, with its own path and no password", () => {
    const broken = (): SentinelSource =>
      made({ credentials: { password: "hunter2" }, tls: { keyFile: "k" }, reads: "all" });
    expect(broken).toThrow(
      expect.objectContaining({
        code: "FLEET_DISCOVERY_INVALID_INSTANCES",
        faults: [
          expect.stringMatching(/^tls: certFile and keyFile go together/),
          expect.stringMatching(/^credentials\.password: must say where the password is.*not shown$/),
          'reads: must be one of primary, replica, any, got "all"',
        ],
      }),
    );
  });
});
