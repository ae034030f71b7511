import { seededRandom } from "@fleet/testkit";
import { Invocations } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Namespace } from "../src/index.ts";
import type { Command, Reply } from "../src/index.ts";
import type { Content, Outcome } from "./server.ts";
import { readable, Server, servers } from "./server.ts";
import { settle } from "./victim.ts";

const namespace = Namespace.project("a");

/** Takes elements by chance: two servers would drift apart. */
const random = new Set(["SPOP"]);
/** Answers by chance or by the clock, or counts the bytes of the name: compared by the shape of the reply only. */
const inexact = new Set([
  "EXPIRETIME",
  "HEXPIRETIME",
  "HPEXPIRETIME",
  "HPTTL",
  "HRANDFIELD",
  "HSCAN",
  "HTTL",
  "MEMORY",
  "OBJECT",
  "PEXPIRETIME",
  "PTTL",
  "SRANDMEMBER",
  "SSCAN",
  "TIME",
  "TTL",
  "VINFO",
  "VLINKS",
  "VRANDMEMBER",
  "VSIM",
  "XINFO",
  "XPENDING",
  "ZRANDMEMBER",
  "ZSCAN",
]);
/** Answers in the order of a hash table, which each server seeds on its own. */
const unordered = new Set(["HGETALL", "HKEYS", "HVALS", "SDIFF", "SINTER", "SMEMBERS", "SUNION"]);

function comparable([name, ...args]: Command, outcome: Outcome): unknown {
  if ("error" in outcome) return { error: outcome.error };
  const reply = readable(outcome);
  const isUnsorted = name.startsWith("SORT") && args.some((argument) => /^nosort$/i.test(String(argument)));
  if (inexact.has(name) || isUnsorted) return Array.isArray(reply) ? "array" : typeof reply;
  if (unordered.has(name) && Array.isArray(reply)) return reply.map(String).toSorted();
  return reply;
}

function restored(command: Command, outcome: Outcome, restore: (reply: Reply) => Reply): Outcome {
  return "error" in outcome
    ? { error: namespace.restoreMessage(outcome.error, command) }
    : { value: restore(outcome.value) };
}

describe.for(servers)("a project on a $title that others use", ({ path, missing }) => {
  test("sees what it would see on an empty server of its own, and others see nothing of it", async (context) => {
    context.skip(path === undefined, missing);
    await using shared = await Server.start(path);
    await using own = await Server.start(path);
    const foreign = await settle(shared);
    const before = await foreign();
    const names = await own.commandNames();
    const invocations = new Invocations(seededRandom(3), (name) => names.has(name) && !random.has(name));
    const commands = Array.from({ length: 6000 }, () => invocations.next());
    const scoped = commands.map((command) => namespace.scope(command));
    const inProject = await shared.run(scoped.map(({ command }) => command));
    const alone = await own.run(commands);
    for (const [index, command] of commands.entries()) {
      const outcome = restored(command, inProject[index]!, scoped[index]!.restore);
      expect([command, comparable(command, outcome)]).toEqual([command, comparable(command, alone[index]!)]);
    }
    expect(alone.filter((outcome) => "value" in outcome).length).toBeGreaterThan(3000);
    expect(await foreign()).toEqual(before);
    const left = await shared.contents("proj:a:*");
    const expected = await own.contents("*");
    expect(expected.size).toBeGreaterThan(20);
    expect(described(left, "proj:a:")).toEqual(described(expected, ""));
  });
});

/** What keys hold, by name; when they expire only as far as two servers can agree. */
function described(contents: ReadonlyMap<string, Content>, prefix: string): readonly string[] {
  return [...contents]
    .map(
      ([key, { digest, expires }]) =>
        `${key.slice(prefix.length)} ${digest} ${expires > 0 ? "expires" : "stays"}`,
    )
    .toSorted();
}
