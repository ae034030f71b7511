import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { AskedEndpoint, RoleEvent, RoleReply } from "../../src/index.ts";
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
      const events: RoleEvent[] = [];
      const book = new RoleBook("orders", (event) => void events.push(event));
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
        for (const event of events.splice(0))
          if (event.event === "changed") {
            expect(event.previous).toBe(reported.get(event.endpoint) ?? "unknown");
            reported.set(event.endpoint, event.role);
          }
        const primaries = book.endpoints.filter(({ role }) => role === "primary");
        expect(primaries.length).toBeLessThanOrEqual(1);
        for (const { address, role, standing } of book.endpoints) {
          expect(reported.get(address) ?? "unknown").toBe(role);
          if (role === "primary") expect([refusing.has(address), standing]).toEqual([false, "follows"]);
        }
        const claimants = book.endpoints.filter((member) => {
          const entry = book.entry(member);
          return entry?.said?.role === "primary" && entry.isCurrent && !entry.isRefused;
        });
        if (claimants.length === 1) expect(primaries).toEqual(claimants);
        // Where several claim to be the primary, no other endpoint is written to.
        if (claimants.length > 1)
          for (const { role } of book.endpoints.filter((member) => !claimants.includes(member)))
            expect(primaries.length === 0 && role !== "replica").toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
