import { seededRandom } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Namespace } from "../../src/index.ts";
import type { Argument, Command, Reply } from "../../src/index.ts";
import { runIn } from "../run.ts";
import { readable, Server, servers } from "../server.ts";
import { settle } from "../victim.ts";

const namespace = Namespace.project("a");

/** Names that hold what patterns and prefixes are made of. */
const names: readonly Argument[] = [
  "",
  "k",
  "k1",
  "k2",
  "[k]",
  "\\k",
  "*",
  "k*",
  "?",
  "^k",
  "proj:a:k",
  "proj:a:proj:a:k",
  "proj:b:secret",
  "secret",
  "ключ",
  "a\r\nb",
  Buffer.from([0xff, 0x00, 0x2a]),
  Buffer.from([0xff, 0x5b]),
];

const patterns: readonly Argument[] = [
  "*",
  "k*",
  "k?",
  "k[12]",
  "k[^1]",
  "[[]k]",
  "\\[k\\]",
  "\\\\k",
  "\\*",
  "\\?",
  "[",
  "[a-",
  "\\",
  "",
  "**",
  "proj:a:*",
  "proj:b:*",
  "proj*",
  "*secret",
  "secret",
  Buffer.from([0xff, 0x2a]),
  Buffer.from([0xff, 0x5c, 0x5b]),
  "ключ",
];

const sorted = (reply: unknown): readonly string[] => (reply as readonly unknown[]).map(String).toSorted();

/** Every name that SCAN gives, from the first cursor to the last. */
async function scanned(
  ask: (command: Command) => Promise<unknown>,
  ...options: Argument[]
): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = (await ask(["SCAN", cursor, ...options])) as [string, readonly string[]];
    for (const name of page) found.add(name);
    cursor = next;
  } while (cursor !== "0");
  return sorted([...found]);
}

describe.for(servers)("the key space of a project on $title", ({ path, missing }) => {
  async function both(): Promise<{
    readonly shared: Server;
    readonly inProject: (command: Command) => Promise<unknown>;
    readonly alone: (command: Command) => Promise<unknown>;
    readonly foreign: () => Promise<unknown>;
    readonly [Symbol.asyncDispose]: () => Promise<void>;
  }> {
    const shared = await Server.start(path);
    const own = await Server.start(path);
    const foreign = await settle(shared);
    const others = Array.from({ length: 3000 }, (_, index): Command => ["SET", `proj:c:${index}`, "SECRET"]);
    await shared.run(others);
    const commands: Command[] = names.map((name, index): Command =>
      index % 3 === 0 ? ["RPUSH", name, "1"] : ["SET", name, "1"],
    );
    await own.run(commands);
    await shared.run(commands.map((command) => namespace.scope(command).command));
    return {
      shared,
      inProject: async (command) => readable(await runIn(namespace, shared, command)),
      alone: async (command) => readable(await own.call(...command)),
      foreign,
      [Symbol.asyncDispose]: async () => {
        await shared[Symbol.asyncDispose]();
        await own[Symbol.asyncDispose]();
      },
    };
  }

  test("is what a server of its own would have: KEYS, SCAN, DBSIZE", async (context) => {
    context.skip(path === undefined, missing);
    await using servers = await both();
    const { inProject, alone } = servers;
    expect(await inProject(["DBSIZE"])).toBe(names.length);
    for (const pattern of patterns) {
      const expected = sorted(await alone(["KEYS", pattern]));
      expect([pattern, sorted(await inProject(["KEYS", pattern]))]).toEqual([pattern, expected]);
      for (const options of [[], ["COUNT", "7"], ["count", "1000000"], ["TYPE", "list"]])
        expect([pattern, options, await scanned(inProject, "MATCH", pattern, ...options)]).toEqual([
          pattern,
          options,
          await scanned(alone, "MATCH", pattern, ...options),
        ]);
    }
    expect(await scanned(inProject)).toEqual(sorted(await alone(["KEYS", "*"])));
  });

  test("WITHTYPE says the type behind each name, to the owner of the instance too", async (context) => {
    context.skip(path === undefined, missing);
    await using servers = await both();
    const pairs = async (space: Namespace): Promise<readonly string[]> => {
      const found: string[] = [];
      let cursor = "0";
      do {
        const [next, page] = readable(
          await runIn(space, servers.shared, ["SCAN", cursor, "withtype", "COUNT", "500"]),
        ) as [string, readonly string[]];
        for (let index = 0; index < page.length; index += 2) found.push(`${page[index]} ${page[index + 1]}`);
        cursor = next;
      } while (cursor !== "0");
      return [...new Set(found)].toSorted();
    };
    const own = await pairs(namespace);
    expect(own).toHaveLength(names.length);
    expect(own).toContain("k string");
    expect(own).toContain("k2 list");
    expect(await pairs(Namespace.dedicated())).toContain("proj:b:hash hash");
  });

  test("RANDOMKEY is one of the project's, however many others there are, and null where it has none", async (context) => {
    context.skip(path === undefined, missing);
    await using servers = await both();
    const own = sorted(await servers.alone(["KEYS", "*"]));
    for (let draw = 0; draw < 20; draw += 1) expect(own).toContain(await servers.inProject(["RANDOMKEY"]));
    expect(readable(await runIn(Namespace.project("none"), servers.shared, ["RANDOMKEY"]))).toBeNull();
  });

  test.for<[Command]>([[["FLUSHDB"]], [["FLUSHDB", "ASYNC"]], [["flushall", "sync"]]])(
    "%j removes all of the project's keys and none of others",
    async ([command], context) => {
      context.skip(path === undefined, missing);
      await using servers = await both();
      const before = await servers.foreign();
      expect(await servers.inProject(command)).toBe("OK");
      expect(await servers.inProject(["DBSIZE"])).toBe(0);
      expect(await servers.foreign()).toEqual(before);
    },
  );

  test("a channel is the project's own", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    await using _ = await server.listening(["proj:a:news", "proj:a:proj:a:x", "proj:b:secret"], "*");
    const ask = async (...command: Command): Promise<unknown> =>
      readable(await runIn(namespace, server, command));
    expect(sorted(await ask("PUBSUB", "CHANNELS"))).toEqual(["news", "proj:a:x"]);
    expect(await ask("PUBSUB", "channels", "n*")).toEqual(["news"]);
    expect(await ask("PUBSUB", "CHANNELS", "proj:b:*")).toEqual([]);
    expect(await ask("PUBSUB", "NUMSUB")).toEqual([]);
    expect(await ask("PUBSUB", "NUMSUB", "news", "proj:b:secret")).toEqual(["news", 1, "proj:b:secret", 0]);
    expect(await ask("PUBSUB", "SHARDCHANNELS")).toEqual([]);
    expect(await ask("PUBSUB", "SHARDNUMSUB", "news")).toEqual(["news", 0]);
    // The subscriber of the channel, and that of the pattern.
    expect(await ask("PUBLISH", "news", "m")).toBe(2);
    expect(await ask("PUBLISH", "proj:b:secret", "m")).toBe(1);
  });

  test("keys that come and go while a project is walked do no harm", async (context) => {
    context.skip(path === undefined, missing);
    await using servers = await both();
    const random = seededRandom(31);
    const program = namespace.scope(["FLUSHDB"]).program!();
    let step = program.next([]);
    for (let round = 0; step.done !== true; round += 1) {
      const replies: Reply[] = [];
      for (const outcome of await servers.shared.run(step.value))
        if ("value" in outcome) replies.push(outcome.value);
      await servers.shared.run(
        Array.from({ length: 400 }, (): Command => ["SET", `proj:c:${Math.floor(random() * 9000)}`, "x"]),
      );
      step = program.next(replies);
    }
    expect(await servers.inProject(["DBSIZE"])).toBe(0);
  });
});
