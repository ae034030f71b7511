import { seededRandom } from "@fleet/testkit";
import { Invocations } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { hashOf, ruleFor, setUser } from "../../src/acl/index.ts";
import { Namespace } from "../../src/index.ts";
import type { Command } from "../../src/index.ts";
import { readable, Server, servers } from "../server.ts";
import { settle } from "../victim.ts";
import { attacks, undeniable } from "./attacks.ts";

const namespace = Namespace.project("a");
const password = "of-this-test";

/** Makes the user of project `a`, and logs in as it. */
async function tenantOf(server: Server, scripts = false): ReturnType<Server["as"]> {
  const list = readable(await server.call("COMMAND", "LIST")) as readonly string[];
  const rule = ruleFor({ project: "a", passwords: [hashOf(password)], scripts }, list);
  await server.call("ACL", "SETUSER", ...setUser(rule));
  return server.as(rule.username, password);
}

describe.for(servers)("the server's own ACL on $title", ({ path, missing }) => {
  test("permits whatever the table lets through, sense or not, and no foreign key is touched", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const foreign = await settle(server);
    const before = await foreign();
    const names = await server.commandNames();
    await using tenant = await tenantOf(server);
    // What the client asked for when it connected is not the matter here.
    await server.call("ACL", "LOG", "RESET");
    const invocations = new Invocations(seededRandom(4), (name) => names.has(name));
    const sent: Command[] = [];
    for (let index = 0; index < 12_000; index += 1) {
      const command = index % 4 === 0 ? invocations.next() : invocations.nonsense();
      try {
        const scoped = namespace.scope(command);
        // What the fleet asks for in its own name is not for the project's user.
        if (scoped.as === undefined) sent.push(scoped.command);
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
    await using tenant = await tenantOf(server);
    const outcomes = await tenant.run([
      ["GET", "proj:b:secret"],
      ["KEYS", "*"],
      ["SORT", "proj:a:list", "STORE", "proj:b:pwned"],
      ["ZUNIONSTORE", "proj:a:z", "1", "proj:b:zset"],
    ]);
    for (const outcome of outcomes) expect(outcome).toHaveProperty("error", expect.stringMatching(/^NOPERM/));
  });

  test.for([false, true])("an attack is denied, with scripts %s", async (scripts, context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const foreign = await settle(server);
    const before = await foreign();
    const names = await server.commandNames();
    await server.call("ACL", "SETUSER", "default", "on", ">of-default", "~*", "&*", "+@all");
    await using tenant = await tenantOf(server, scripts);
    const known = attacks.filter(
      ([name, sub = ""]) =>
        names.has(name) && (!names.has(`${name} HELP`) || names.has(`${name} ${String(sub).toUpperCase()}`)),
    );
    expect(known.length).toBeGreaterThan(55);
    const outcomes = await tenant.run(known);
    const passed = known.filter(
      (_, index) =>
        !/^NOPERM|denied due to insufficient ACL permissions/.test(
          (outcomes[index] as { error?: string }).error ?? "",
        ),
    );
    const script = (command: Command): boolean => scripts && /^(?:EVAL|FCALL)/.test(command[0]);
    expect(passed.filter((command) => !script(command))).toEqual([]);
    // A script runs, and what it does to others is refused.
    const results = outcomes.filter((_, index) => script(known[index] as Command));
    for (const result of results) expect(result).toHaveProperty("error");
    expect(await foreign()).toEqual(before);
    expect(JSON.stringify(outcomes.map((outcome) => readable(outcome)))).not.toContain("SECRET");
  });

  test("RESET, AUTH, HELLO and QUIT pass, and give nothing while default has a password", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    await settle(server);
    await server.call("ACL", "SETUSER", "default", "resetpass", ">of-default");
    for (const command of undeniable) {
      await using tenant = await tenantOf(server);
      const [, after] = await tenant.run([command, ["GET", "proj:b:secret"]]);
      expect(after).toHaveProperty("error", expect.stringMatching(/^(?:NOAUTH|NOPERM|Command aborted)/));
    }
  });

  test("a script reads and writes the keys of its project, and no key that is not declared and foreign", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const foreign = await settle(server);
    const before = await foreign();
    await using tenant = await tenantOf(server, true);
    const [own, read, written, listed, loaded] = await tenant.run([
      [
        "EVAL",
        "redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])",
        "1",
        "proj:a:k",
        "v",
      ],
      ["EVAL", "return redis.call('GET', 'proj:b:secret')", "0"],
      ["EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "proj:b:secret"],
      ["EVAL", "return redis.call('KEYS', '*')", "0"],
      ["SCRIPT", "LOAD", "return 1"],
    ]);
    expect(readable(own)).toBe("v");
    for (const refused of [read, written, listed])
      expect(refused).toHaveProperty(
        "error",
        expect.stringMatching(/NOPERM|ACL failure|can't (?:access|run)/),
      );
    expect(readable(loaded)).toMatch(/^[0-9a-f]{40}$/);
    expect(await foreign()).toEqual(before);
  });
});
