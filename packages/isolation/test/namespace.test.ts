import { describe, expect, test } from "vitest";

import { declaredCommands, ForeignKeyError, InvalidProjectError, Namespace } from "../src/index.ts";
import type { Command, Reply } from "../src/index.ts";

const project = Namespace.project("a");
const dedicated = Namespace.dedicated();
const sent = (...command: Command): Command => project.scope(command).command;

describe("a project", () => {
  test("puts its prefix before every key and leaves the rest alone", () => {
    const value = Buffer.from("proj:b:");
    expect(sent("SET", "k", value, "EX", "10")).toEqual(["SET", "proj:a:k", value, "EX", "10"]);
    expect(sent("SET", "k", value)[2]).toBe(value);
    expect(sent("MSET", "k", "k", "l", "l")).toEqual(["MSET", "proj:a:k", "k", "proj:a:l", "l"]);
    expect(sent("ZUNIONSTORE", "d", "2", "x", "y", "WEIGHTS", "1", "2")).toEqual([
      "ZUNIONSTORE",
      "proj:a:d",
      "2",
      "proj:a:x",
      "proj:a:y",
      "WEIGHTS",
      "1",
      "2",
    ]);
    expect(sent("XGROUP", "CREATE", "s", "g", "$")).toEqual(["XGROUP", "CREATE", "proj:a:s", "g", "$"]);
    expect(sent("PING", "k")).toEqual(["PING", "k"]);
  });

  test("prefixes bytes as bytes, and the empty key too", () => {
    const key = Buffer.from([0xff, 0x00]);
    expect(sent("GET", key)).toEqual(["GET", Buffer.concat([Buffer.from("proj:a:"), key])]);
    expect(sent("GET", "")).toEqual(["GET", "proj:a:"]);
    expect(sent("GET", Buffer.alloc(0))).toEqual(["GET", Buffer.from("proj:a:")]);
  });

  test("looks for BLOCK before STREAMS only: a stream may have that name", () => {
    expect(sent("XREAD", "COUNT", "1", "streams", "BLOCK", "STREAMS", "0", "0")).toEqual([
      "XREAD",
      "COUNT",
      "1",
      "streams",
      "proj:a:BLOCK",
      "proj:a:STREAMS",
      "0",
      "0",
    ]);
  });

  test("prefixes every STORE of a SORT, also one written in bytes", () => {
    expect(sent("SORT", "l", "STORE", "x", Buffer.from("store"), "y", "LIMIT", "0", "1")).toEqual([
      "SORT",
      "proj:a:l",
      "STORE",
      "proj:a:x",
      Buffer.from("store"),
      "proj:a:y",
      "LIMIT",
      "0",
      "1",
    ]);
  });

  test("never changes the caller's array", () => {
    const command: Command = Object.freeze(["GET", "k"] as const);
    expect(project.scope(command).command).toEqual(["GET", "proj:a:k"]);
    expect(command).toEqual(["GET", "k"]);
  });

  test("is frozen: nobody who holds it can point it at other keys", () => {
    expect(() => Object.assign(project, { prefix: "proj:b:" })).toThrow(TypeError);
    expect(() => Object.assign(project, { project: undefined })).toThrow(TypeError);
  });
});

describe("the names of commands", () => {
  test.for(["GET", "get", "Get", "gEt"])("%s is GET, and sent as it was given", (name) => {
    expect(sent(name, "k")).toEqual([name, "proj:a:k"]);
  });

  test("a subcommand may be text or bytes in any case", () => {
    expect(sent("object", "Encoding", "k")).toEqual(["object", "Encoding", "proj:a:k"]);
    expect(sent("OBJECT", Buffer.from("FREQ"), "k")[2]).toBe("proj:a:k");
  });

  test("an unknown name is cut short in the error, an unknown subcommand is not repeated", () => {
    expect(() => sent("x".repeat(1000))).toThrow(expect.objectContaining({ command: "X".repeat(64) }));
    expect(() => sent("OBJECT", "hunter2", "k")).toThrow(
      expect.objectContaining({
        command: "OBJECT",
        reason: "unknown",
        message: "OBJECT is not allowed here (unknown): it is in no table, so its keys are not known",
      }),
    );
  });

  test("a refused subcommand of a container that allows others says which one it is", () => {
    expect(() => dedicated.scope(["SCRIPT", "debug"])).toThrow(
      expect.objectContaining({ command: "SCRIPT DEBUG", reason: "scripting" }),
    );
  });
});

describe("a read", () => {
  test.for<[Command]>([
    [["GET", "k"]],
    [["SORT_RO", "k"]],
    [["XREAD", "STREAMS", "k", "0"]],
    [["PING"]],
    [["OBJECT", "FREQ", "k"]],
  ])("%j", ([command]) => {
    expect(project.scope(command)).toMatchObject({ access: "read", lane: "shared" });
  });

  test.for<[Command]>([
    [["GETEX", "k"]],
    [["GETDEL", "k"]],
    [["SORT", "k"]],
    [["PFCOUNT", "k"]],
    [["TOUCH", "k"]],
    [["XREADGROUP", "GROUP", "g", "c", "STREAMS", "k", ">"]],
  ])("is not %j", ([command]) => {
    expect(project.scope(command)).toMatchObject({ access: "write", lane: "shared" });
  });
});

describe("the owner of a whole instance", () => {
  test("sends what he gave, the same array", () => {
    const command: Command = ["GET", "proj:b:secret"];
    const scoped = dedicated.scope(command);
    expect(scoped.command).toBe(command);
    expect(dedicated).toMatchObject({ project: undefined, prefix: "" });
    const reply: Reply = ["proj:b:k", ["v"]];
    expect(dedicated.scope(["LMPOP", "1", "k", "LEFT"]).restore(reply)).toBe(reply);
  });

  test.for<[Command, string]>([
    [["EVAL", "return 1", "0"], "write"],
    [["EVALSHA", "0", "0"], "write"],
    [["EVAL_RO", "return 1", "0"], "read"],
    [["EVALSHA_RO", "0", "0"], "read"],
    [["FCALL", "f", "0"], "write"],
    [["FCALL_RO", "f", "0"], "read"],
    [["FUNCTION", "LOAD", "code"], "write"],
    [["FUNCTION", "LIST"], "read"],
    [["SCRIPT", "LOAD", "return 1"], "write"],
    [["script", "exists", "0"], "write"],
    [["SCRIPT", "FLUSH"], "write"],
    [["SORT", "l", "BY", "w_*", "GET", "#"], "write"],
    [["DUMP", "k"], "read"],
    [["RESTORE", "k", "0", "x"], "write"],
    [["INFO"], "read"],
    [["COMMAND"], "read"],
    [["COMMAND", "COUNT"], "read"],
    [["CONFIG", "GET", "maxmemory"], "read"],
    [["SLOWLOG", "GET"], "read"],
    [["acl", "whoami"], "read"],
    [["PUBSUB", "NUMPAT"], "read"],
    [["SCRIPT", "KILL"], "write"],
    [["FUNCTION", "KILL"], "write"],
    [["TS.MGET", "FILTER", "a=b"], "read"],
    [["FT.SEARCH", "i", "*"], "read"],
  ])("may send %j (a %s), which no project may", ([command, access]) => {
    expect(dedicated.scope(command)).toMatchObject({ access, lane: "shared" });
    expect(() => project.scope(command)).toThrow(
      expect.objectContaining({ code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED" }),
    );
  });

  test.for<[Command, string]>([
    [["SELECT", "1"], "connection-state"],
    [["CLIENT", "SETINFO", "LIB-NAME", "x"], "connection-state"],
    [["HELLO", "3"], "connection-state"],
    [["MULTI"], "transaction"],
    [["WATCH", "k"], "transaction"],
    [["SUBSCRIBE", "c"], "pubsub"],
    [["BLPOP", "k", "0"], "blocking"],
    [["XREAD", "block", "0", "STREAMS", "k", "$"], "blocking"],
    [["XREADGROUP", "GROUP", "g", "c", Buffer.from("BLOCK"), "0", "STREAMS", "k", ">"], "blocking"],
    [["MONITOR"], "administration"],
    [["CONFIG", "SET", "dir", "/"], "administration"],
    [["CONFIG", "GET", "port", "RequirePass"], "administration"],
    [["ACL", "LIST"], "administration"],
    [["ACL", "GETUSER", "default"], "administration"],
    [["SLOWLOG", "RESET"], "administration"],
    [["MEMORY", "PURGE"], "administration"],
    [["WAIT", "1", "0"], "blocking"],
    [["CLIENT", "ID"], "connection-state"],
    [["SHUTDOWN"], "administration"],
    [["DEBUG", "SLEEP", "9"], "administration"],
    [["SCRIPT", "DEBUG", "YES"], "scripting"],
    [["FUNCTION", "RESTORE", "x"], "scripting"],
    [["COPY", "a", "b", "DB", "1"], "transfer"],
    [["SWAPDB", "0", "1"], "keyspace"],
  ])("may not send %j either", ([command, reason]) => {
    expect(() => dedicated.scope(command)).toThrow(expect.objectContaining({ reason }));
  });

  test("is held to arity and types like everybody", () => {
    expect(() => dedicated.scope(["GET"])).toThrow(expect.objectContaining({ reason: "arity" }));
    expect(() => dedicated.scope(["GET", 1 as unknown as string])).toThrow(
      expect.objectContaining({ reason: "argument" }),
    );
  });
});

describe("a reply", () => {
  const restore = (command: Command, reply: Reply): Reply => project.scope(command).restore(reply);

  test("without key names is the same object", () => {
    const reply = ["proj:a:k", Buffer.from("proj:a:k")];
    expect(restore(["MGET", "k", "l"], reply)).toBe(reply);
  });

  test("names keys without the prefix: LMPOP, ZMPOP, XREAD, XREADGROUP", () => {
    expect(restore(["LMPOP", "1", "k", "LEFT"], ["proj:a:k", ["proj:a:v"]])).toEqual(["k", ["proj:a:v"]]);
    expect(restore(["ZMPOP", "1", "k", "MIN"], [Buffer.from("proj:a:k"), [["m", "1"]]])).toEqual([
      Buffer.from("k"),
      [["m", "1"]],
    ]);
    const streams: Reply = [
      ["proj:a:s", [["1-1", ["f", "proj:a:v"]]]],
      [Buffer.from("proj:a:"), []],
    ];
    const expected: Reply = [
      ["s", [["1-1", ["f", "proj:a:v"]]]],
      [Buffer.alloc(0), []],
    ];
    expect(restore(["XREAD", "STREAMS", "s", "0"], streams)).toEqual(expected);
    expect(restore(["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"], streams)).toEqual(expected);
  });

  test("of nothing stays nothing", () => {
    expect(restore(["LMPOP", "1", "k", "LEFT"], null)).toBeNull();
    expect(restore(["XREAD", "STREAMS", "s", "0"], null)).toBeNull();
  });

  test("that names a key of somebody else is withheld", () => {
    for (const foreign of ["proj:b:k", "proj:a", "", 7, null, Buffer.from("proj:ab:k")]) {
      expect(() => restore(["LMPOP", "1", "k", "LEFT"], [foreign, ["v"]])).toThrow(ForeignKeyError);
      expect(() => restore(["XREAD", "STREAMS", "s", "0"], [[foreign, []]])).toThrow(ForeignKeyError);
    }
    expect(() => restore(["XREAD", "STREAMS", "s", "0"], ["proj:a:s"])).toThrow(ForeignKeyError);
    expect(() => restore(["LMPOP", "1", "k", "LEFT"], [])).toThrow(ForeignKeyError);
    expect(() => restore(["LMPOP", "1", "k", "LEFT"], "SECRET")).toThrow(ForeignKeyError);
    expect(() => restore(["XREAD", "STREAMS", "s", "0"], 7)).toThrow(ForeignKeyError);
  });

  test("that is an error names keys without the prefix, and nothing else is touched", () => {
    const message =
      "NOGROUP No such key 'proj:a:s' or consumer group 'proj:a:g' in XREADGROUP with GROUP option";
    expect(project.restoreMessage(message)).toBe(
      "NOGROUP No such key 's' or consumer group 'proj:a:g' in XREADGROUP with GROUP option",
    );
    expect(project.restoreMessage("NOGROUP No such consumer group 'g' for key name 'proj:a:s'")).toBe(
      "NOGROUP No such consumer group 'g' for key name 's'",
    );
    expect(dedicated.restoreMessage(message)).toBe(message);
  });
});

describe("a text of the server", () => {
  const of = (message: string, ...commands: readonly Command[]): string =>
    project.restoreMessage(message, ...commands);

  test("about a command that it does not know has the arguments that the caller gave", () => {
    const command: Command = ["HEXPIRE", "proj:a:h", "10", "FIELDS", "1", Buffer.from("proj:a:h")];
    const shown = (key: string): string =>
      `ERR unknown command 'HEXPIRE', with args beginning with: '${key}' '10' 'FIELDS' '1' 'proj:a:h' `;
    expect(of(shown("proj:a:proj:a:h"), ["GET", "k"], command)).toBe(shown("proj:a:h"));
  });

  test("of a script names keys as the caller does, and leaves the rest of it alone", () => {
    const scripts = Namespace.project("a", { scripts: true });
    const command: Command = ["EVAL", "return redis.error_reply('ERR ' .. KEYS[1])", "1", "k"];
    expect(scripts.restoreMessage("ERR bad proj:a:k, not proj:a:other", command)).toBe(
      "ERR bad k, not proj:a:other",
    );
  });

  test("without the command loses the prefix where an argument begins", () => {
    expect(of("ERR no such key 'proj:a:k'")).toBe("ERR no such key 'k'");
    expect(of("ERR xproj:a:k")).toBe("ERR xproj:a:k");
  });

  test("names a group as it is, whatever it looks like", () => {
    expect(of("NOGROUP No such consumer group 'key 'proj:a:g'' for key name 'proj:a:s'")).toBe(
      "NOGROUP No such consumer group 'key 'proj:a:g'' for key name 's'",
    );
  });
});

describe("what a namespace grants", () => {
  const granted = Namespace.project("a", { scripts: true, transfer: true });

  test.for<[Command, Command, string]>([
    [["EVAL", "s", "2", "k", "l", "k"], ["EVAL", "s", "2", "proj:a:k", "proj:a:l", "k"], "scripting"],
    [["EVALSHA_RO", "s", "0", "k"], ["EVALSHA_RO", "s", "0", "k"], "scripting"],
    [["FCALL", "f", "1", "k"], ["FCALL", "f", "1", "proj:a:k"], "scripting"],
    [["SCRIPT", "LOAD", "s"], ["SCRIPT", "LOAD", "s"], "scripting"],
    [["DUMP", "k"], ["DUMP", "proj:a:k"], "transfer"],
    [["RESTORE", "k", "0", "x"], ["RESTORE", "proj:a:k", "0", "x"], "transfer"],
    [["BF.SCANDUMP", "k", "0"], ["BF.SCANDUMP", "proj:a:k", "0"], "transfer"],
  ])("%j is %j, and without it refused as %s", ([command, expected, reason]) => {
    expect(granted.scope(command).command).toEqual(expected);
    expect(() => project.scope(command)).toThrow(expect.objectContaining({ reason }));
  });

  test.for<[Command]>([
    [["EVAL", "s", "3", "k", "l"]],
    [["EVAL", "s", "-1", "k"]],
    [["EVAL", "s", "01", "k"]],
  ])("%j cannot be read in one certain way", ([command]) => {
    expect(() => granted.scope(command)).toThrow(expect.objectContaining({ reason: "syntax" }));
  });

  test("is true or false, and nothing unknown", () => {
    for (const options of [{ scripts: "yes" }, { script: true }] as unknown as { scripts: boolean }[])
      expect(() => Namespace.project("a", options)).toThrow(
        expect.objectContaining({ code: "FLEET_ISOLATION_INVALID_OPTION" }),
      );
  });
});

describe("the owner of a server that declares more", () => {
  const row = (name: string, flags: readonly string[], categories: readonly string[] = []): Reply => [
    Buffer.from(name),
    -2,
    flags,
    1,
    1,
    1,
    categories,
    [],
    [],
    [],
  ];
  const owner = Namespace.dedicated({
    declared: declaredCommands([
      row("new.get", ["readonly"]),
      row("new.set", ["write"]),
      row("new.wait", ["blocking"]),
      row("new.watch", ["pubsub"]),
      row("new.stop", ["admin", "noscript"]),
      row("new.state", ["noscript"], ["@connection"]),
      [Buffer.from("new.box"), -2, [], 0, 0, 0, [], [], [], [row("new.box|look", ["readonly"])]],
      null,
      row("flushdb", ["readonly"]),
    ]),
  });

  test.for<[Command, string]>([
    [["NEW.GET", "k"], "read"],
    [["new.set", "k"], "write"],
    [["NEW.BOX", "look"], "read"],
    [["FLUSHDB"], "write"],
  ])("may send %j, a %s", ([command, access]) => {
    expect(owner.scope(command)).toMatchObject({ command, access });
  });

  test.for<[Command, string]>([
    [["NEW.WAIT", "k"], "blocking"],
    [["NEW.WATCH", "k"], "pubsub"],
    [["NEW.STOP", "k"], "administration"],
    [["NEW.STATE", "k"], "connection-state"],
    [["NEW.NONE", "k"], "unknown"],
    [["NEW.BOX", "leap"], "unknown"],
    [["MONITOR"], "administration"],
  ])("may not send %j (%s)", ([command, reason]) => {
    expect(() => owner.scope(command)).toThrow(expect.objectContaining({ reason }));
  });

  test("gets no secret of CONFIG GET", () => {
    const { restore } = dedicated.scope(["CONFIG", "GET", "*"]);
    expect(restore(["port", "1", Buffer.from("requirepass"), "SECRET", "masterauth", "SECRET"])).toEqual([
      "port",
      "1",
    ]);
  });
});

describe("a project's id", () => {
  test.for([
    "a",
    "0",
    "a-b_c",
    "a".repeat(63),
    "6f1d3a52-8a53-4c0e-9d1f-3c8a4f1f0a11",
    "constructor",
    "tostring",
  ])("may be %s, and the prefix follows from it", (id) => {
    expect(Namespace.project(id)).toMatchObject({ project: id, prefix: `proj:${id}:` });
  });

  test.for([
    "",
    "A",
    "a:b",
    "a*",
    "a?",
    "a[b]",
    "{a}",
    "a b",
    " a",
    "a\n",
    "a\0",
    "-a",
    "_a",
    "__proto__",
    "..",
    "a/../b",
    "a".repeat(64),
    "\u00e9",
    "e\u0301",
    "ａ",
    "\u017f",
    ["a"],
    1,
    null,
    undefined,
    { toString: () => "a" },
  ])("is never %j", (id) => {
    const attempt = (): Namespace => Namespace.project(id as string);
    expect(attempt).toThrow(InvalidProjectError);
    expect(attempt).toThrow(
      expect.objectContaining({
        code: "FLEET_ISOLATION_INVALID_PROJECT",
        message: "a project id is text that matches ^[a-z0-9](?:[a-z0-9_-]{0,62})$",
      }),
    );
  });

  test("cannot reach into a longer or shorter one", () => {
    const prefixes = ["a", "ab", "a-b", "a_b"].map((id) => Namespace.project(id).prefix);
    for (const one of prefixes)
      expect(prefixes.filter((other) => other !== one && other.startsWith(one))).toEqual([]);
  });
});
