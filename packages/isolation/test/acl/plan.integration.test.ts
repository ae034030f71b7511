import { describe, expect, test } from "vitest";

import { apply, ensure, hashOf, readState, ServerCommands, verify } from "../../src/acl/index.ts";
import type { AclStep, ProjectUser, Send } from "../../src/acl/index.ts";
import { readable, Server, servers } from "../server.ts";

const users: readonly ProjectUser[] = [
  { project: "a", passwords: [hashOf("one")] },
  { project: "b-2_x", passwords: [hashOf("one"), hashOf("two")], scripts: true },
];

const sendTo =
  (server: Pick<Server, "run">): Send =>
  async (command) => {
    const [outcome] = await server.run([command]);
    if (outcome === undefined || "error" in outcome) throw new Error(outcome?.error);
    return readable(outcome) as Awaited<ReturnType<Send>>;
  };

const shortly = (steps: readonly AclStep[]): unknown[] =>
  steps.map((step) =>
    step.kind === "set"
      ? [step.username, ...step.differences]
      : "username" in step
        ? [step.kind, step.username]
        : step.kind,
  );

describe.for(servers)("users of projects on $title", ({ path, missing }) => {
  test("are made once, and a second look finds nothing to do", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const send = sendTo(server);
    const first = await verify(send, users);
    expect(shortly(first.steps)).toEqual([
      ["fleet-a", "missing"],
      ["fleet-b-2_x", "missing"],
    ]);
    await apply(send, first.steps);
    expect((await verify(send, users)).steps).toEqual([]);
  });

  test.for<[string, string[], string[]]>([
    ["off", ["off"], ["off"]],
    ["without passwords", ["resetpass"], ["missing-password"]],
    ["open to any password", ["nopass"], ["nopass", "missing-password"]],
    ["with a password more", [">other"], ["extra-password"]],
    ["with a command less", ["-get"], ["missing-commands"]],
    ["with a command more", ["+keys"], ["extra-commands"]],
    ["with a category more", ["+@dangerous"], ["extra-commands"]],
    ["with more keys", ["~other:*"], ["keys"]],
    ["with more channels", ["&*"], ["channels"]],
    ["with a selector", ["(+@all ~*)"], ["selectors"]],
  ])("that are %s are set right", async ([, change, differences], context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const send = sendTo(server);
    await apply(send, (await verify(send, users)).steps);
    // Redis takes no further patterns once a user has all of them.
    const resets = change[0] === "&*" ? ["resetchannels"] : [];
    await server.call("ACL", "SETUSER", "fleet-a", ...resets, ...change);
    const { steps } = await verify(send, users);
    expect(shortly(steps)).toEqual([["fleet-a", ...differences]]);
    await apply(send, steps);
    expect((await verify(send, users)).steps).toEqual([]);
  });

  test("of other projects are deleted only by prune, and foreign users never are", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const send = sendTo(server);
    await server.call("ACL", "SETUSER", "operator", "on", ">x", "+@all");
    await apply(send, (await verify(send, users)).steps);
    const [kept] = users;
    expect((await verify(send, [kept as ProjectUser])).steps).toEqual([]);
    const { steps } = await verify(send, [kept as ProjectUser], { prune: true });
    expect(shortly(steps)).toEqual([["delete", "fleet-b-2_x"]]);
    await apply(send, steps);
    expect((readable(await server.call("ACL", "USERS")) as string[]).toSorted()).toEqual([
      "default",
      "fleet-a",
      "operator",
    ]);
  });

  test("keep a password that is not wanted where two fleets rotate, and lose it by a plan", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const send = sendTo(server);
    const commands = await ServerCommands.read(send);
    const next = { project: "a", passwords: [hashOf("two"), hashOf("one")] };
    const last = { project: "a", passwords: [hashOf("one")] };
    expect(await ensure(send, next, commands)).toMatchObject({ differences: ["missing"] });
    expect(await ensure(send, last, commands)).toBeUndefined();
    expect(await ensure(send, next, commands)).toBeUndefined();
    await using rotated = await server.as("fleet-a", "two");
    const over = { project: "a", passwords: [hashOf("two")] };
    const { steps } = await verify(send, [over]);
    expect(shortly(steps)).toEqual([["fleet-a", "extra-password"]]);
    await apply(send, steps);
    // What is logged in stays so.
    expect(readable((await rotated.run([["PING"]]))[0])).toBe("PONG");
    await expect(server.as("fleet-a", "one")).rejects.toThrow(/WRONGPASS/);
  });

  test("are not looked for under any other name, nor listed", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const asked: string[] = [];
    const send: Send = (command) => {
      asked.push(command.slice(0, 3).join(" "));
      return sendTo(server)(command);
    };
    await server.call("ACL", "SETUSER", "operator", "on", ">x", "+@all");
    await readState(send, ["a"], { all: true });
    expect(asked).toEqual([
      "COMMAND LIST",
      "ACL WHOAMI",
      "ACL USERS",
      "ACL GETUSER fleet-a",
      "CONFIG GET aclfile",
    ]);
  });

  test("default is switched off only by a fleet that has a user of its own", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const own = await verify(sendTo(server), [], { defaultOff: true });
    expect(own.steps).toEqual([{ kind: "default-off", warning: expect.stringContaining("lock itself out") }]);
    await expect(apply(sendTo(server), own.steps)).rejects.toMatchObject({
      code: "FLEET_ISOLATION_ACL_FORBIDDEN",
    });
    await server.call("ACL", "SETUSER", "operator", "on", ">x", "+@all", "~*", "&*");
    await using operator = await server.as("operator", "x");
    const send = sendTo(operator);
    const { steps } = await verify(send, [], { defaultOff: true });
    expect(steps).toEqual([{ kind: "default-off", warning: expect.stringContaining("masteruser") }]);
    await apply(send, steps);
    expect((await verify(send, [], { defaultOff: true })).steps).toEqual([]);
  });

  test("a user that may not administer users is said to be one", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    await server.call("ACL", "SETUSER", "weak", "on", ">x", "~*", "+@all", "-acl");
    await using weak = await server.as("weak", "x");
    await expect(verify(sendTo(weak), users)).rejects.toMatchObject({
      code: "FLEET_ISOLATION_ACL_FORBIDDEN",
      call: "ACL WHOAMI",
    });
  });

  test("saving without an aclfile is refused in the server's words", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const send = sendTo(server);
    // The server says that it has none, so no plan has the step.
    expect((await verify(send, [], { save: true })).steps).toEqual([]);
    await expect(apply(send, [{ kind: "save", warning: "" }])).rejects.toMatchObject({
      code: "FLEET_ISOLATION_ACL_NOT_SAVED",
    });
  });
});

test("a server without COMMAND LIST is too old", async () => {
  const send: Send = () =>
    Promise.reject(
      new Error("ERR Unknown subcommand or wrong number of arguments for 'LIST'. Try COMMAND HELP."),
    );
  await expect(verify(send, users)).rejects.toMatchObject({ code: "FLEET_ISOLATION_ACL_UNSUPPORTED" });
});
