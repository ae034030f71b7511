import { Redis } from "@upstash/redis";

import { calls, sdkLines } from "./calls.ts";
import type { Access } from "./calls.ts";
import type { LocalFleet } from "./local-fleet.ts";

const callers = 4;
const callsBeforeFault = 200;
const callsInAll = 1500;

/** Makes the calls of the screen, then kills servers under load. Answers whether nothing failed. */
export async function tryLocalFleet(
  fleet: LocalFleet,
  access: Access,
  say: (line: string) => void,
): Promise<boolean> {
  for (const { curl, send } of calls(access)) say(`\n$ ${curl}\n${await send()}`);

  const sdk = new Redis({ url: `${access.url}/redis/sessions`, token: access.token, enableTelemetry: false });
  say(`\n${sdkLines(access).join("\n")}`);
  await sdk.set("greeting", "hello again");
  const greeting = await sdk.get("greeting");
  say(String(greeting));

  return (await underFaults(fleet, access, say)) && greeting === "hello again";
}

/** Reads and writes go on while a replica of `orders` and a member of `cache` are killed. */
async function underFaults(
  fleet: LocalFleet,
  { url, token }: Access,
  say: (line: string) => void,
): Promise<boolean> {
  await fleet.orders.primary.call("SET", "price", "42");
  await fleet.orders.inSync();
  for (const member of fleet.cache) await member.call("SET", "page", "<h1>hello</h1>");

  const kinds = [
    { path: "/redis/orders/get/price", expected: '{"result":"42"}' },
    { path: "/redis/cache/get/page", expected: '{"result":"<h1>hello</h1>"}' },
    { path: "/redis/orders/incr/tally", expected: undefined },
  ].map((kind) => ({ ...kind, done: 0, failed: 0 }));
  const failures = new Map<string, number>();
  let made = 0;
  let reached: () => void = () => {};
  const underLoad = new Promise<void>((resolve) => (reached = resolve));

  const caller = async (): Promise<void> => {
    while (made < callsInAll) {
      made += 1;
      if (made === callsBeforeFault) reached();
      const kind = kinds[made % kinds.length]!;
      const response = await fetch(url + kind.path, { headers: { authorization: `Bearer ${token}` } });
      const answer = await response.text();
      kind.done += 1;
      if (response.ok && (kind.expected === undefined || answer === kind.expected)) continue;
      kind.failed += 1;
      failures.set(`${response.status} ${answer}`, (failures.get(`${response.status} ${answer}`) ?? 0) + 1);
    }
  };
  say(
    `\n${callsInAll} calls by ${callers} callers; meanwhile a replica of orders and a member of cache are killed`,
  );
  const load = Promise.all(Array.from({ length: callers }, caller));
  await underLoad;
  await Promise.all([fleet.orders.replicas[0]!.kill("SIGKILL"), fleet.cache[0]!.kill("SIGKILL")]);
  say(
    `killed ${fleet.orders.replicas[0]!.port} (orders, replica) and ${fleet.cache[0]!.port} (cache-1) after ${made} calls`,
  );
  await load;

  for (const { path, done, failed } of kinds)
    say(`${String(done - failed).padStart(5)} of ${done} ok   ${path}`);
  for (const [answer, times] of failures) say(`${times} x ${answer}`);
  const tally = Number(await fleet.orders.primary.call("GET", "tally"));
  const increments = kinds[2]!.done;
  say(
    `the counter says ${tally} after ${increments} increments: ${tally === increments ? "none lost, none twice" : "WRONG"}`,
  );
  return failures.size === 0 && tally === increments;
}
