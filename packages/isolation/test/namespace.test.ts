import { describe, expect, test } from "vitest";

import { ForeignKeyError, InvalidProjectError, Namespace } from "../src/index.ts";
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
        message: "OBJECT is not allowed here (unknown)",
      }),
    );
  });

  test("a refused subcommand of a container that allows others says which one it is", () => {
    expect(() => dedicated.scope(["SCRIPT", "kill"])).toThrow(
      expect.objectContaining({ command: "SCRIPT KILL", reason: "scripting" }),
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
    [["KEYS", "*"], "read"],
    [["SCAN", "0"], "read"],
    [["RANDOMKEY"], "read"],
    [["DBSIZE"], "read"],
    [["TIME"], "read"],
    [["FLUSHDB"], "write"],
    [["FLUSHALL", "ASYNC"], "write"],
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
    [["PUBLISH", "c", "m"], "write"],
    [["SORT", "l", "BY", "w_*", "GET", "#"], "write"],
    [["GEORADIUS", "g", "15", "37", "9", "km", "STORE", "x"], "write"],
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
    [["SHUTDOWN"], "administration"],
    [["DEBUG", "SLEEP", "9"], "administration"],
    [["SCRIPT", "DEBUG", "YES"], "scripting"],
    [["FUNCTION", "RESTORE", "x"], "scripting"],
    [["COPY", "a", "b", "DB", "1"], "transfer"],
    [["RESTORE", "k", "0", "x"], "transfer"],
    [["SWAPDB", "0", "1"], "keyspace"],
    [["JSON.GET", "k"], "unknown"],
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
