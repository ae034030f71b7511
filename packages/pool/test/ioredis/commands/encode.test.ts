import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { WrongLaneError } from "../../../src/errors.ts";
import type { Command } from "../../../src/ioredis/commands/command.ts";
import { encode } from "../../../src/ioredis/commands/encode.ts";

/** RESP as its specification writes it, without a thought for speed. */
function reference(command: Command): Buffer {
  const bytes = command.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  return Buffer.concat([
    Buffer.from(`*${bytes.length}\r\n`),
    ...bytes.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]),
  ]);
}

const anyBytes = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
// With lone surrogates, which UTF-8 cannot hold: the length must be that of what is sent in their place.
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));
const anyText = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  anyUnits,
);

describe("encode", () => {
  test("writes the same bytes as the specification, for text and bytes in any mixture", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, anyBytes), { maxLength: 70 }), (args) => {
        const command: Command = ["SET", ...args];
        expect(Buffer.from(encode(command, "own")).equals(reference(command))).toBe(true);
      }),
      { seed: 20_240_601, numRuns: 500 },
    );
  });

  test("stays text as long as all arguments are text, so that the writes of a tick can be joined", () => {
    expect(encode(["SET", "key", "naïve"], "shared")).toBe("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$6\r\nnaïve\r\n");
    expect(encode(["SET", "key", Buffer.from([0xff])], "shared")).toBeInstanceOf(Buffer);
  });

  test("sends a name as it is given, and learns no more than a bounded number of names", () => {
    for (let index = 0; index < 5000; index += 1)
      expect(encode([`MADE.UP${index}`], "shared")).toContain(`MADE.UP${index}`);
    expect(encode(["gEt", "k"], "shared")).toContain("gEt");
  });

  test.for([
    [undefined, "array"],
    ["GET", "array"],
    [[], "array"],
    [[""], "name"],
    [[Buffer.from("GET"), "k"], "name"],
    [["GET", 1], "argument 1"],
    [["GET", "k", undefined], "argument 2"],
    [["GET", Buffer.from("k"), ["nested"]], "argument 2"],
  ] as const)("refuses %j, which would shift everybody's replies", ([command, what]) => {
    expect(() => encode(command as unknown as Command, "shared")).toThrow(TypeError);
    expect(() => encode(command as unknown as Command, "shared")).toThrow(what);
  });

  test.for([
    ["SELECT", "1"],
    ["select", "1"],
    ["MULTI"],
    ["WATCH", "k"],
    ["SUBSCRIBE", "c"],
    ["MONITOR"],
    ["HELLO", "3"],
    ["RESET"],
    ["QUIT"],
    ["AUTH", "p"],
    ["BLPOP", "k", "0"],
    ["WAIT", "1", "0"],
    ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"],
    ["xreadgroup", "GROUP", "g", "c", "block", "0", "STREAMS", "s", ">"],
    ["CLIENT", "REPLY", "OFF"],
    ["CLIENT", "tracking", "on"],
    ["CLIENT", "CAPA", "redirect"],
    ["CLIENT", "IMPORT-SOURCE", "ON"],
    ["CLIENT", "a setting of next year", "ON"],
    ["CLIENT", Buffer.from("no-evict"), "on"],
    ["SCRIPT", "DEBUG", "YES"],
    ["script", "debug", "sync"],
    ["SCRIPT", Buffer.from("DEBUG"), "NO"],
    ["HIMPORT", "PREPARE", "f", "a"],
    ["XREAD", "COUNT", "1", "BLOCK", "0", "STREAMS", "s", "$"],
    ["XREADGROUP", "BLOCK", "0", "GROUP", "g", "c", "STREAMS", "s", ">"],
    ["XREADGROUP", "GROUP", "block", "block", "NOACK", "BLOCK", "0", "STREAMS", "s", ">"],
    ["XREADGROUP", "GROUP", "g", "c", "CLAIM", "5", Buffer.from("block"), "0", "STREAMS", "s", ">"],
    // The server compares C strings.
    ["XREAD", "BLOCK\0x", "0", "STREAMS", "s", "$"],
    ["XREAD", Buffer.from("block\0"), "0", "STREAMS", "s", "$"],
    ["SCRIPT", "DEBUG\0x", "YES"],
  ] as const)("keeps %j off a shared connection", (command) => {
    expect(() => encode(command, "shared")).toThrow(WrongLaneError);
    expect(encode(command, "own").toString()).toBe(reference(command).toString());
  });

  test.for([
    ["XREAD", "COUNT", "1", "STREAMS", "s", "0"],
    ["XREAD", "STREAMS", "BLOCK", "0"],
    ["XREAD", "COUNT", "1", "STREAMS", "block", "0"],
    ["XREADGROUP", "GROUP", "block", "c", "STREAMS", "s", ">"],
    ["XREADGROUP", "GROUP", "g", "BLOCK", "COUNT", "1", "NOACK", "STREAMS", "s", "block", ">", ">"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SCRIPT", "EXISTS", "debug"],
    ["SCRIPT"],
    ["CLIENT", "LIST"],
    ["CLIENT"],
    ["EVAL", "return 1", "0"],
  ] as const)("lets %j share a connection", (command) => {
    expect(encode(command, "shared")).toBe(reference(command).toString());
  });
});
