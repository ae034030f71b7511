import { deepEqual, equal } from "node:assert/strict";

import { type RedisServer, startRedis } from "@fleet/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Subscription, SubscriptionKind } from "../../../../src/ioredis/index.ts";
import { openPool } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

type Step =
  | { readonly do: "subscribe"; readonly kind: SubscriptionKind; readonly names: readonly string[] }
  | { readonly do: "leave"; readonly at: number }
  | { readonly do: "publish"; readonly name: string; readonly isShard: boolean }
  | { readonly do: "lose" };

const name = fc.constantFrom("a", "b", "ab");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("subscribe" as const),
      kind: fc.constantFrom<SubscriptionKind>("channel", "pattern", "shard"),
      names: fc.uniqueArray(fc.constantFrom("a", "b", "a*"), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat({ max: 20 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("publish" as const), name, isShard: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "lose" } as const) },
);

/** A subscriber, and what it must have got. */
interface Subscriber {
  readonly subscription: Subscription;
  readonly kind: SubscriptionKind;
  readonly names: readonly string[];
}

/** How often a subscriber gets a message: once for each of its names that matches. */
function times({ kind, names }: Subscriber, channel: string, isShard: boolean): number {
  if (isShard !== (kind === "shard")) return 0;
  const matches = (own: string): boolean =>
    own === channel || (kind === "pattern" && own === "a*" && channel.startsWith("a"));
  return names.filter(matches).length;
}

/** Reads until so many names are confirmed: nothing else comes but, first, a gap where there was a loss. */
async function confirmed({ subscription, names }: Subscriber, isAfterLoss: boolean): Promise<void> {
  if (isAfterLoss) equal((await subscription.next()).value?.type, "gap");
  const seen: string[] = [];
  for (const _ of names) {
    const { value } = await subscription.next();
    expect(value?.type).toBe("subscribed");
    if (value?.type === "subscribed") seen.push(value.name.toString());
  }
  expect(seen.toSorted()).toEqual([...names].toSorted());
}

test("whatever is subscribed, left and lost, each subscriber gets each message as often as its names match, and no other", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using pool = openPool(server);
      const subscribers: Subscriber[] = [];
      let count = 0;
      for (const one of steps) {
        if (one.do === "subscribe") {
          const { kind, names } = one;
          const subscriber = { subscription: pool.subscriber.subscribe(names, { kind }), kind, names };
          subscribers.push(subscriber);
          await confirmed(subscriber, false);
        } else if (one.do === "leave") {
          const [left] = subscribers.splice(one.at % Math.max(1, subscribers.length), 1);
          await left?.subscription.return();
        } else if (one.do === "lose") {
          if (subscribers.length === 0) continue;
          await server.call("CLIENT", "KILL", "TYPE", "pubsub");
          for (const subscriber of subscribers) await confirmed(subscriber, true);
        } else {
          const message = `${(count += 1)}`;
          await server.call(one.isShard ? "SPUBLISH" : "PUBLISH", one.name, message);
          for (const subscriber of subscribers)
            for (let left = times(subscriber, one.name, one.isShard); left > 0; left -= 1) {
              const { value } = await subscriber.subscription.next();
              equal(value?.type, "message");
              deepEqual([value.channel.toString(), value.message.toString()], [one.name, message]);
            }
        }
        const asked = new Set(subscribers.flatMap(({ kind, names }) => names.map((own) => `${kind} ${own}`)));
        expect(pool.stats.subscriber).toMatchObject({ subscriptions: subscribers.length, names: asked.size });
      }
    }),
    { numRuns: 100 },
  );
});
