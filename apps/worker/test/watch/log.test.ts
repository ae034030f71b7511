import { channel } from "node:diagnostics_channel";

import { describe, expect, test } from "vitest";

import { HubError } from "../../src/errors.ts";
import { logEvents, openLog } from "../../src/watch/log.ts";

function hear(say: (now: { ms: number }) => void): Readonly<Record<string, unknown>>[] {
  const lines: string[] = [];
  const now = { ms: 0 };
  using _events = logEvents(
    openLog("warn", (line) => void lines.push(line)),
    () => now.ms,
  );
  say(now);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const publish = (name: string, message: object): void => channel(name).publish(message);
const failed = (call: "fetch" | "write", error: unknown): void =>
  publish(`fleet:backfill:${call}`, { phase: "ended", outcome: "failed", error });
const opened = (name: "hub" | "database"): void =>
  publish("fleet:breaker:state", { name, from: "closed", to: "open", cause: "consecutive-failures" });

describe("a breaker that opens is logged with the reason", () => {
  test.for<[string, unknown, string]>([
    ["a status", new HubError("FLEET_WORKER_HUB_STATUS", "the hub answered 500"), "the hub answered 500"],
    ["a code", Object.assign(new Error("secret"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
    ["the name of what has none, not its text", new TypeError("secret"), "TypeError"],
    ["what was thrown and is no error", "secret", "string"],
  ])("%s", ([, error, reason]) => {
    const lines = hear(() => {
      failed("fetch", error);
      failed("write", new RangeError("of the other side"));
      opened("hub");
    });
    expect(lines).toMatchObject([{ level: 40, msg: "breaker open", name: "hub", reason }]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });
});

test("while Redis is away a line of each kind comes every ten seconds, with how many there were", () => {
  const lines = hear((now) => {
    for (; now.ms < 25_000; now.ms += 100)
      publish("fleet:backfill:redis", { event: "lost", link: "commands" });
    publish("fleet:backfill:redis", { event: "timeout", link: "waits" });
    publish("fleet:backfill:redis", { event: "recovered", link: "commands" });
    publish("fleet:backfill:redis", { event: "lost", link: "commands" });
  });
  expect(lines.map(({ msg, times }) => [msg, times])).toEqual([
    ["Redis lost", undefined],
    ["Redis lost", 100],
    ["Redis lost", 100],
    ["Redis timeout", undefined],
    ["Redis lost", undefined],
  ]);
});
