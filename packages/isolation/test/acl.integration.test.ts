import { seededRandom } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { families } from "../src/commands/families.ts";
import { Namespace } from "../src/index.ts";
import type { Command } from "../src/index.ts";
import { Invocations } from "./invocations.ts";
import { readable, Server, servers } from "./server.ts";
import { settle } from "./victim.ts";

const namespace = Namespace.project("a");

/** The user of a project as the server would see it: the table's commands, the project's keys, nothing else. */
function ruleOf(password: string, names: ReadonlySet<string>): Command {
  const rows = Object.values(families)
    .flat()
    .filter((row) => "keys" in row)
    .map(({ name }) => name)
    .filter((name) => names.has(name));
  return [
    "ACL",
    "SETUSER",
    "a",
    "reset",
    "on",
    `>${password}`,
    `~${namespace.prefix}*`,
    "resetchannels",
    "-@all",
    ...rows.map((name) => `+${name.toLowerCase().replace(" ", "|")}`),
  ];
}

describe.for(servers)("the server's own ACL on $title", ({ path, missing }) => {
  test("permits whatever the table lets through, sense or not, and no foreign key is touched", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const foreign = await settle(server);
    const before = await foreign();
    const names = await server.commandNames();
    await server.call(...ruleOf("of-this-test", names));
    await using tenant = await server.as("a", "of-this-test");
    // What the client asked for when it connected is not the matter here.
    await server.call("ACL", "LOG", "RESET");
    const invocations = new Invocations(seededRandom(4), (name) => names.has(name));
    const sent: Command[] = [];
    for (let index = 0; index < 12_000; index += 1) {
      const command = index % 4 === 0 ? invocations.next() : invocations.nonsense();
      try {
        sent.push(namespace.scope(command).command);
      } catch {
        // Refused: the server never sees it.
      }
    }
    expect(sent.length).toBeGreaterThan(3000);
    const outcomes = await tenant.run(sent);
    const told = outcomes.map((outcome, index) => ({ sent: sent[index], outcome: readable(outcome) }));
    expect(told.filter((one) => /NOPERM|SECRET/.test(JSON.stringify(one.outcome)))).toEqual([]);
    expect(await foreign()).toEqual(before);
    expect(readable(await server.call("ACL", "LOG"))).toEqual([]);
  });

  test("the same user is stopped where the prefix is missing, so the oracle can see", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    await settle(server);
    const names = await server.commandNames();
    await server.call(...ruleOf("of-this-test", names));
    await using tenant = await server.as("a", "of-this-test");
    const outcomes = await tenant.run([
      ["GET", "proj:b:secret"],
      ["KEYS", "*"],
      ["SORT", "proj:a:list", "STORE", "proj:b:pwned"],
      ["ZUNIONSTORE", "proj:a:z", "1", "proj:b:zset"],
    ]);
    for (const outcome of outcomes) expect(outcome).toHaveProperty("error", expect.stringMatching(/^NOPERM/));
  });
});
