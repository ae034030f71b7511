import { describe, expect, it } from "vitest";

import { leastRequests, roundRobin } from "../../src/index.ts";
import { simulate } from "./simulation.ts";

const seeds = [1, 2, 3];
const slow5x = (server: number): number => (server === 0 ? 5 : 1);
/** Every server stands still for 200 ms each 5 s, one after the other, as when Redis forks to save. */
const stalling =
  (servers: number) =>
  (server: number, time: number): number => {
    const phase = (time + (server * 5_000) / servers) % 5_000;
    return phase < 200 ? time + 200 - phase : time;
  };

describe("least requests in simulation", () => {
  it.each([
    { servers: 10, gateways: 1, limit: 7.5 },
    { servers: 10, gateways: 16, limit: 10.5 },
    { servers: 3, gateways: 16, limit: 22 },
  ])(
    "keeps the tail short beside one slow server: $servers servers, $gateways gateways",
    ({ limit, ...scenario }) => {
      for (const seed of seeds) {
        const { p99, shares } = simulate({
          ...scenario,
          policy: leastRequests,
          requests: 40_000,
          seed,
          slowness: slow5x,
        });
        expect(p99).toBeLessThan(limit);
        expect(shares[0]).toBeLessThan(0.4 / scenario.servers);
      }
    },
  );

  it("does it where taking turns drowns", () => {
    const scenario = { servers: 10, gateways: 16, requests: 40_000, seed: 1, slowness: slow5x };
    expect(simulate({ ...scenario, policy: roundRobin }).p99).toBe(1_000);
  });

  it("is not driven from server to server by short stalls", () => {
    for (const seed of seeds) {
      const scenario = { servers: 10, gateways: 16, requests: 60_000, seed, begins: stalling(10) };
      expect(simulate({ ...scenario, policy: leastRequests }).p99).toBeLessThan(12);
      expect(simulate({ ...scenario, policy: roundRobin }).p99).toBeGreaterThan(100);
    }
  });

  it("loads equal servers equally", () => {
    const { shares } = simulate({
      servers: 5,
      gateways: 4,
      policy: leastRequests,
      requests: 40_000,
      seed: 9,
    });
    for (const share of shares) expect(Math.abs(share - 0.2)).toBeLessThan(0.01);
  });
});
