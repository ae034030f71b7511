import { seededRandom } from "@fleet/testkit";
import { invocable, Invocations } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { families } from "../src/commands/families.ts";
import { Namespace } from "../src/index.ts";
import type { Argument, Command } from "../src/index.ts";
import { readable, Server, servers } from "./server.ts";

const namespace = Namespace.project("a");
const text = (argument: Argument): string => Buffer.from(argument as string).toString("latin1");

/** The command as a project sends it, or undefined when it is refused. */
function scoped(command: Command): Command | undefined {
  try {
    return namespace.scope(command).command;
  } catch {
    return undefined;
  }
}

const getKeys = (command: Command): Command => ["COMMAND", "GETKEYS", ...command];

test("the generator knows every command that a project may use", () => {
  const rows = Object.values(families).flat();
  const scoped = rows.filter((row) => "keys" in row && row.needs === undefined);
  expect(scoped.filter(({ name }) => !invocable.has(name)).map(({ name }) => name)).toEqual([]);
});

describe.for(servers)("COMMAND GETKEYS of $title", ({ path, missing }) => {
  test("names exactly the arguments that got the prefix, in calls that make sense", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const names = await server.commandNames();
    const invocations = new Invocations(seededRandom(1), (name) => names.has(name));
    const commands = Array.from({ length: 20 }, () => [...invocations.each()]).flat();
    const sent = commands.map((command) => namespace.scope(command).command);
    for (const [index, outcome] of (await server.run(sent.map(getKeys))).entries()) {
      const command = commands[index]!;
      const prefixed = sent[index]!.filter((argument, position) => argument !== command[position]).map(text);
      // Commands without keys get an error.
      const keys = "error" in outcome ? [] : (readable(outcome) as readonly string[]);
      // Channels are no keys; of several STORE the server names one, which need not be the one that counts.
      const counting = command[0].endsWith("PUBLISH")
        ? []
        : /^(?:SORT|GEORADIUS)/.test(command[0])
          ? keys.filter((key) => prefixed.includes(key))
          : prefixed;
      expect([command, keys]).toEqual([command, counting]);
    }
  });

  test("names no argument without the prefix, in calls that make no sense", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const invocations = new Invocations(seededRandom(2));
    const sent = Array.from({ length: 20_000 }, () => scoped(invocations.nonsense())).filter(
      (command) => command !== undefined,
    );
    expect(sent.length).toBeGreaterThan(4000);
    const outcomes = await server.run(sent.map(getKeys));
    const foreign = sent.filter((_, index) => {
      const outcome = outcomes[index]!;
      const keys = "error" in outcome ? [] : (readable(outcome) as readonly string[]);
      return keys.some((key) => !key.startsWith(namespace.prefix));
    });
    expect(foreign).toEqual([]);
  });
});
