import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { Namespace } from "../src/index.ts";
import type { Command } from "../src/index.ts";
import { readable, Server, servers } from "./server.ts";
import { settle } from "./victim.ts";

const namespace = Namespace.project("a");
const bytes = (text: string): Buffer => Buffer.from(text);

/** Ways out of a prefix, by what becomes of them: a reason of refusal, a kind of malformation, or a reply without effect. */
const refused: Readonly<Record<string, readonly unknown[][]>> = {
  keyspace: [
    ["SWAPDB", "0", "1"],
    ["FT._LIST"],
    ["FT.SEARCH", "index", "*"],
    ["FT.CREATE", "index", "SCHEMA", "f", "TEXT"],
    ["TS.MGET", "FILTER", "a=b"],
    ["TS.MRANGE", "-", "+", "FILTER", "a=b"],
    ["TS.QUERYINDEX", "a=b"],
  ],
  "connection-state": [
    ["SELECT", "1"],
    ["RESET"],
    ["AUTH", "default", ""],
    ["HELLO", "3"],
    ["QUIT"],
    ["CLIENT", "TRACKING", "ON", "BCAST"],
    ["CLIENT", "REPLY", "OFF"],
    ["ASKING"],
  ],
  transfer: [
    ["COPY", "secret", "stolen", "DB", "1"],
    ["COPY", "secret", "stolen", bytes("db"), "1"],
    ["MOVE", "secret", "1"],
    ["MIGRATE", "127.0.0.1", "1", "", "0", "100", bytes("KEYS"), "proj:b:secret"],
    ["DUMP", "secret"],
    ["RESTORE", "k", "0", "x"],
  ],
  scripting: [
    ["EVAL", "return redis.call('GET', 'proj:b:secret')", "0"],
    ["EVALSHA", "0".repeat(40), "0"],
    ["FCALL", "f", "0"],
    ["SCRIPT", "FLUSH"],
    ["FUNCTION", "FLUSH"],
  ],
  "hidden-keys": [
    ["SORT", "list", "GET", "proj:b:w_*"],
    ["SORT", "list", bytes("GET"), "proj:b:w_*"],
    ["SORT", "list", bytes("get"), "#*"],
    ["SORT", "list", "GET", "#", "GET", "proj:b:w_*"],
    ["SORT", "list", "BY", "nosort", "BY", "proj:b:w_*"],
    ["SORT", "list", "BY", "nosort\0proj:b:w_*"],
    ["SORT", "list", "BY", "proj:b:w_*"],
    ["SORT_RO", "list", bytes("BY"), "proj:b:w_*"],
  ],
  pubsub: [
    ["SUBSCRIBE", "channel"],
    ["PSUBSCRIBE", "*"],
    ["PUBSUB", "NUMPAT"],
  ],
  blocking: [
    ["BLPOP", "k", "0"],
    ["WAIT", "1", "0"],
    ["XREAD", "BLOCK", "0", "STREAMS", "stream", "$"],
    ["XREAD", bytes("block"), "0", "STREAMS", "stream", "$"],
    ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "stream", ">"],
  ],
  transaction: [["MULTI"], ["EXEC"], ["DISCARD"], ["WATCH", "k"], ["UNWATCH"]],
  administration: [
    ["DEBUG", "OBJECT", "proj:b:secret"],
    ["CLUSTER", "GETKEYSINSLOT", "0", "10"],
    ["MONITOR"],
    ["CONFIG", "GET", "*"],
    ["SHUTDOWN"],
    ["MODULE", "LOAD", "x"],
    ["ACL", "LIST"],
    ["REPLICAOF", "NO", "ONE"],
    ["COMMAND", "GETKEYS", "GET", "k"],
    ["INFO"],
  ],
  unknown: [
    ["HIMPORT", "proj:b:secret"],
    ["GETALL", "k"],
    ["GE", "k"],
    ["OBJECT|ENCODING", "k"],
    ["OBJECT", "ENCODIN", "k"],
    ["OBJECT", "ENCODING\0", "k"],
    ["__proto__", "k"],
    ["constructor"],
  ],
};

const malformed: Readonly<Record<string, readonly unknown[][]>> = {
  argument: [
    ["GET", ["proj:b:secret"]],
    ["MGET", "k", ["proj:b:secret", "x"]],
    ["SET", "k", null],
    ["SET", "k", undefined],
    ["SET", "k", { toString: () => "x" }],
    ["SET", "k", 2 ** 53],
    ["SET", "k", 1n],
    ["SET", "k", true],
    ["SET", "k", new Uint8Array(2)],
    // A hole.
    Array.from({ length: 3 }).fill("GET", 0, 1),
  ],
  name: [
    [],
    [""],
    [bytes("GET"), "k"],
    [["GET"], "k"],
    ["GET ", "k"],
    ["GET\r\nSET", "k"],
    ["\tGET", "k"],
    // Upper-cased the way of Unicode this would be SET.
    ["\u017fET", "k", "v"],
  ],
  arity: [
    ["GET"],
    ["GET", "a", "b"],
    ["MSET", "k"],
    ["OBJECT"],
    ["OBJECT", "ENCODING"],
    ["DEL"],
    ["XREAD", "STREAMS", "k"],
  ],
  syntax: [
    // The server compares C strings: this is STORE to it, and a key follows.
    ["SORT", "list", "STORE\0x", "proj:b:pwned"],
    ["SORT", "list", "LIMIT", "0", "STORE", "proj:b:pwned"],
    ["SORT", "list", "\u017fTORE", "proj:b:pwned"],
    ["SORT_RO", "list", "STORE", "proj:b:pwned"],
    ["GEORADIUS", "geo", "15", "37", "9", "km", "STORE\0x", "proj:b:pwned"],
    ["GEORADIUS", "geo", "15", "37", "9", "km", "COUNT", "STORE", "proj:b:pwned"],
    ["GEORADIUSBYMEMBER", "geo", "m", "9", "km", "STORE"],
    ["SCAN", "0", "MATCH"],
    ["SCAN", "0", "COUNT", "0"],
    ["SCAN", "0", "COUNT", "1e9"],
    ["SCAN", "0\0", "MATCH", "*"],
    ["SCAN", "-1"],
    ["SCAN", "0", "NOVALUES"],
    ["FLUSHDB", "NOW"],
    ["FLUSHDB", "CURSOR"],
    ["FLUSHALL", "CURSOR", "-1"],
    ["COPY", "a", "b", "D\0", "1"],
    ["XREAD", "BLOCK\0", "0", "STREAMS", "stream", "$"],
    ["XREAD", "COUNT", "STREAMS", "STREAMS", "stream", "0"],
    ["XREAD", "STREAMS", "a", "b", "0"],
    ["XREADGROUP", "COUNT", "1", "GROUP", "g", "STREAMS", "STREAMS", "k", ">"],
    ["ZUNIONSTORE", "out", "1\0", "proj:b:zset"],
    ["ZUNIONSTORE", "out", "01", "proj:b:zset"],
    ["ZUNIONSTORE", "out", "0", "proj:b:zset"],
    ["ZUNION", "2", "zset"],
    ["ZUNION", "-1", "zset"],
    ["LMPOP", "1e1", "list", "LEFT"],
  ],
};

const harmless: readonly Command[] = [
  ["GET", "proj:b:secret"],
  ["get", Buffer.from("proj:b:secret")],
  ["GET", "../b:secret"],
  ["GET", ":b:secret"],
  ["MGET", "secret", "proj:b:secret"],
  ["LCS", "secret", "proj:b:secret"],
  ["COPY", "proj:b:secret", "stolen", "REPLACE"],
  ["RENAME", "proj:b:secret", "stolen"],
  ["SORT", "list", "STORE", "x", "STORE", "proj:b:pwned"],
  ["SORT", "list", bytes("STORE"), "x", bytes("store"), bytes("proj:b:pwned")],
  ["GEOSEARCHSTORE", "proj:b:pwned", "geo", "FROMLONLAT", "15", "37", "BYRADIUS", "900", "km"],
  ["ZUNIONSTORE", "proj:b:pwned", "2", "zset", "proj:b:zset"],
  ["SUNIONSTORE", "proj:b:pwned", "set", "proj:b:set"],
  ["BITOP", "NOT", "proj:b:pwned", "proj:b:secret"],
  ["PFMERGE", "proj:b:pwned", "hll"],
  ["LMOVE", "list", "proj:b:pwned", "LEFT", "LEFT"],
  ["XREAD", "STREAMS", "BLOCK", "proj:b:stream", "0", "0"],
  ["XREADGROUP", "GROUP", "group", "STREAMS", "STREAMS", "proj:b:stream", ">"],
  ["XGROUP", "DESTROY", "proj:b:stream", "group"],
  ["OBJECT", bytes("encoding"), "proj:b:secret"],
  ["MEMORY", "usage", "proj:b:secret"],
  ["DEL", "proj:b:secret", "proj:b:list", "secret"],
  ["GEORADIUS", "geo", "15", "37", "9", "km", "STORE", "x", "STORE", "proj:b:pwned"],
  ["GEORADIUSBYMEMBER", "geo", "m", "9", "km", bytes("storedist"), bytes("proj:b:pwned")],
  ["SORT", "list", "BY", "nosort", "GET", "#", "STORE", "proj:b:pwned"],
  ["JSON.SET", "proj:b:secret", "$", "1"],
  ["PUBLISH", "proj:b:channel", "m"],
];

const titled = (rows: readonly unknown[][]): readonly (readonly [string, unknown[]])[] =>
  rows.map((row) => [inspect(row, { breakLength: Infinity }), row]);

describe.for(Object.entries(refused))("refused: %s", ([reason, rows]) => {
  test.for(titled(rows))("%s", ([, command]) => {
    expect(() => namespace.scope(command as unknown as Command)).toThrow(
      expect.objectContaining({ code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED", reason }),
    );
  });
});

describe.for(Object.entries(malformed))("malformed: %s", ([reason, rows]) => {
  test.for(titled(rows))("%s", ([, command]) => {
    expect(() => namespace.scope(command as unknown as Command)).toThrow(
      expect.objectContaining({ code: "FLEET_ISOLATION_INVALID_COMMAND", reason }),
    );
  });
});

describe.for(servers)("what is let through on $title", ({ path, missing }) => {
  test("reads and writes nothing of others", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    const foreign = await settle(server);
    const before = await foreign();
    await server.run([
      ["RPUSH", "proj:a:list", "3", "1"],
      ["ZADD", "proj:a:zset", "1", "m"],
      ["SADD", "proj:a:set", "m"],
      ["GEOADD", "proj:a:geo", "15", "37", "m"],
    ]);
    const outcomes = await server.run(harmless.map((command) => namespace.scope(command).command));
    expect(JSON.stringify(outcomes.map((outcome) => readable(outcome)))).not.toContain("SECRET");
    expect(await foreign()).toEqual(before);
  });

  test("the server takes bytes after a NUL for nothing, which is why such options are refused", async (context) => {
    context.skip(path === undefined, missing);
    await using server = await Server.start(path);
    await server.call("RPUSH", "list", "1");
    expect(await server.call("SORT", "list", "STORE\0x", "pwned")).toBe(1);
    expect(await server.call("EXISTS", "pwned")).toBe(1);
  });
});
