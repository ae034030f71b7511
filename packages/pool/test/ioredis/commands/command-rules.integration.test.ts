import { Namespace } from "@fleet/isolation";
import { describe, expect, test } from "vitest";

import { type Rule, ruleOf } from "../../../src/ioredis/commands/command-rules.ts";
import { type DocumentedCommand, DocumentedServer, servers } from "./documented-server.ts";

type Call = readonly [string, ...string[]];

const ruled = ([name, ...args]: Call): Rule | undefined => ruleOf(name, args);

/** What isolation says to the owner of an instance: `shared` (the lane), or why not. */
function verdictOf(call: Call): string {
  try {
    return Namespace.dedicated().scope(call).lane;
  } catch (error) {
    return (error as { readonly reason: string }).reason;
  }
}

/** Refused for what they do to their connection. */
const ofConnections = new Set(["connection-state", "transaction", "pubsub"]);
/** They ask the connection or act on others, and are refused in their containers. */
const harmless =
  /^(?:CLIENT (?:GETNAME|GETREDIR|HELP|ID|INFO|KILL|LIST|PAUSE|TRACKINGINFO|UNBLOCK|UNPAUSE)|PUBSUB \w+|SPUBLISH)$/;
/** They would end the server, or make it another's replica, or wait for another host. */
const unsafe = /^(?:SHUTDOWN|REPLICAOF|SLAVEOF|MIGRATE|CLIENT KILL|CLIENT PAUSE)$/;
/** Redis 8 works at them in another thread, and their connection waits for no other meanwhile. */
const elsewhere = /^(?:FLUSHALL|FLUSHDB|VADD|VSIM)$/;

/** Where the rules and isolation's table say different things of a call, what is wrong. */
function faultOf(command: DocumentedCommand, call: Call): string | undefined {
  const rule = ruled(call);
  const verdict = verdictOf(call);
  const blocks = rule?.effect === "blocks";
  if (verdict === "unknown") return "isolation does not know it";
  if (verdict === "shared" && rule !== undefined) return `isolation lets it share, but it ${rule.effect}`;
  if (blocks !== (verdict === "blocking")) return `blocks: ${blocks}, isolation: ${verdict}`;
  if (blocks && !(rule.waitMs > 0)) return "it blocks for no time";
  if (ofConnections.has(verdict) && rule === undefined && !harmless.test(command.name))
    return `isolation refuses it as ${verdict}, and there is no rule`;
  // Before 7.2 WAIT has no such flag.
  if (blocks && !command.flags.includes("blocking") && command.name !== "WAIT")
    return "its flags do not say that it may block";
  return undefined;
}

describe.for(servers)("the rules and isolation's table, by the commands of $title", ({ path, missing }) => {
  const told = async (): Promise<readonly DocumentedCommand[]> => {
    await using server = await DocumentedServer.start(path!);
    return await server.commands();
  };

  test("each command with each of its options is in both, and they agree", async (context) => {
    context.skip(path === undefined, missing);
    const commands = await told();
    expect(commands.length).toBeGreaterThan(340);
    const faults = commands.flatMap((command) =>
      command.calls("k").map((call) => [call, faultOf(command, call)] as const),
    );
    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });

  test("what may block by its flags does by some call, and XREAD by BLOCK alone", async (context) => {
    context.skip(path === undefined, missing);
    const commands = (await told()).filter(({ flags }) => flags.includes("blocking"));
    const blocking = (command: DocumentedCommand): readonly Call[] =>
      command.calls("k").filter((call) => ruled(call)?.effect === "blocks");
    expect(commands.filter((command) => blocking(command).length === 0)).toEqual([]);
    const reads = commands.filter(({ name }) => name.startsWith("XREAD"));
    expect(reads.map(({ name }) => name).toSorted()).toEqual(["XREAD", "XREADGROUP"]);
    for (const read of reads)
      expect(blocking(read)).toEqual(read.calls("k").filter((call) => call.includes("BLOCK")));
  });

  test.for(["BLOCK", "block", "STREAMS", "DEBUG", "GROUP", "COUNT"])(
    "a key, group, consumer or value named %s decides nothing",
    async (word, context) => {
      context.skip(path === undefined, missing);
      for (const command of await told()) {
        const effects = (calls: readonly Call[]): unknown => calls.map((call) => ruled(call)?.effect);
        expect([command.name, effects(command.calls(word))]).toEqual([
          command.name,
          effects(command.calls("k")),
        ]);
      }
    },
  );

  test(
    "what changes, ends or holds up its connection on the server has a rule that says so",
    { timeout: 120_000 },
    async (context) => {
      context.skip(path === undefined, missing);
      await using server = await DocumentedServer.start(path!);
      const seen: (readonly [call: Call, onServer: string, rule: string | undefined])[] = [];
      for (const command of await server.commands())
        for (const call of unsafe.test(command.name) ? [] : command.calls("k"))
          seen.push([call, await server.effectOf(call), ruled(call)?.effect]);
      const blocked = seen.filter(([[name], onServer]) => onServer === "blocked" && !elsewhere.test(name));
      expect(blocked.filter(([, , rule]) => rule !== "blocks")).toEqual([]);
      const changed = seen.filter(([, onServer]) => onServer !== "" && onServer !== "blocked");
      expect(changed.filter(([, , rule]) => rule !== "binds" && rule !== "spoils")).toEqual([]);
      // So the eye can see.
      const names = (calls: typeof seen): ReadonlySet<string> => new Set(calls.map(([[name]]) => name));
      expect([...names(blocked)]).toEqual(expect.arrayContaining(["BLPOP", "WAIT", "XREAD"]));
      expect([...names(changed)]).toEqual(
        expect.arrayContaining([
          "SELECT",
          "MULTI",
          "AUTH",
          "HELLO",
          "QUIT",
          "SUBSCRIBE",
          "MONITOR",
          "CLIENT",
        ]),
      );
    },
  );
});
