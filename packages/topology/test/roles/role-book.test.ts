import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { AskedEndpoint, RoleReport, RoleReply } from "../../src/index.ts";
import { RoleBook } from "../../src/roles/role-book.ts";

const addresses = ["a:1", "b:1", "c:1", "d:1"] as const;
const one = fc.constantFrom(...addresses);
const hint = fc.constantFrom("primary" as const, "replica" as const, "unknown" as const);

const reply: fc.Arbitrary<RoleReply | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ role: fc.constant("primary" as const), replicas: fc.subarray([...addresses]) }),
  fc.record({
    role: fc.constant("replica" as const),
    primary: one,
    link: fc.constantFrom("connected" as const, "syncing" as const, "down" as const),
  }),
);

const step = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      hints: fc.dictionary(one, hint, { minKeys: 1 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("answered" as const), at: one, reply }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("unanswered" as const), at: one }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refused" as const), at: one }) },
);

function endpoint(address: string): AskedEndpoint & { hint: AskedEndpoint["hint"] } {
  return {
    instance: "orders",
    address,
    hint: "unknown",
    reads: "any",
    isAskable: true,
    isInUse: false,
    isConnected: true,
    role: "unknown",
    replication: undefined,
    standing: "follows",
    connect: () => Promise.resolve(),
    ask: () => Promise.resolve(undefined),
  };
}

test("after any history there is one primary at most, it has not refused, and every change was reported", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const events: RoleReport[] = [];
      const book = new RoleBook("orders", (event) => void events.push(event), Number.POSITIVE_INFINITY);
      const known = new Map(addresses.map((address) => [address as string, endpoint(address)]));
      const refusing = new Set<string>();
      /** What was reported last, which has to be what is so. */
      const reported = new Map<string, string>();
      for (const each of steps) {
        if (each.kind === "set") {
          const endpoints = Object.entries(each.hints).map(([address, said]) =>
            Object.assign(known.get(address)!, { hint: said }),
          );
          for (const { address } of book.endpoints.filter((member) => !endpoints.includes(member as never)))
            refusing.delete(address);
          book.set(endpoints);
        } else {
          const member = known.get(each.at)!;
          const entry = book.entry(member);
          if (entry === undefined) continue;
          if (each.kind === "answered") {
            refusing.delete(each.at);
            book.answered(member, entry, each.reply);
          } else if (each.kind === "unanswered") book.unanswered(entry);
          else {
            refusing.add(each.at);
            book.refused(entry);
          }
        }
        const isReported = events.splice(0).every((event) => {
          if (event.event !== "changed") return true;
          const before = reported.get(event.endpoint) ?? "unknown";
          reported.set(event.endpoint, event.role);
          return event.previous === before;
        });
        expect(isReported).toBe(true);
        expect(book.endpoints.map(({ role }) => role)).toEqual(
          book.endpoints.map(({ address }) => reported.get(address) ?? "unknown"),
        );
        const primaries = book.endpoints.filter(({ role }) => role === "primary");
        expect(primaries.length).toBeLessThanOrEqual(1);
        expect(
          primaries.filter(({ address, standing }) => refusing.has(address) || standing !== "follows"),
        ).toEqual([]);
        const claimants = book.endpoints.filter((member) => {
          const entry = book.entry(member);
          return entry?.said?.role === "primary" && entry.isCurrent && !entry.isRefused;
        });
        // A lone claimant is the primary; where several claim it, no other endpoint is written to.
        const writable =
          primaries.length > 0 ? primaries : book.endpoints.filter(({ role }) => role !== "replica");
        const wrong = claimants.length === 0 ? [] : writable.filter((member) => !claimants.includes(member));
        expect([wrong, claimants.length === 1 && primaries.length === 0]).toEqual([[], false]);
      }
    }),
    { numRuns: 500 },
  );
});
