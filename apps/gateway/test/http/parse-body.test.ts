import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MalformedError } from "../../src/errors.ts";
import { parseBatch, parseCommand } from "../../src/http/parse-body.ts";

const command = (text: string): unknown => parseCommand(Buffer.from(text));
const batch = (text: string): unknown => parseBatch(Buffer.from(text), 3);
const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());

describe("one command", () => {
  test.for([
    ['["SET","k","v"]', ["SET", "k", "v"]],
    ['["SET","k",100]', ["SET", "k", "100"]],
    ['["SET","k",1.0]', ["SET", "k", "1.0"]],
    ['["SET","k",1e2]', ["SET", "k", "1e2"]],
    ['["SET","k",-0]', ["SET", "k", "-0"]],
    ['["INCRBY","k",9007199254740993]', ["INCRBY", "k", "9007199254740993"]],
    ['["INCRBY","k",-9223372036854775808]', ["INCRBY", "k", "-9223372036854775808"]],
    [
      '["SET","k",0.1000000000000000055511151231257827]',
      ["SET", "k", "0.1000000000000000055511151231257827"],
    ],
    ['["SET","k",true,false]', ["SET", "k", "true", "false"]],
    ['["SET","k",1,true,"x"]', ["SET", "k", "1", "true", "x"]],
    ['["SET"," k ","  v  ","\\n x \\t"]', ["SET", " k ", "  v  ", "\n x \t"]],
    ['["SET","k",""]', ["SET", "k", ""]],
    ['["SET","1,2.0","[3]"]', ["SET", "1,2.0", "[3]"]],
    [' [ "GET" , "k" ] ', ["GET", "k"]],
  ] as const)("of %s", ([body, expected]) => {
    expect(command(body)).toEqual(expected);
  });

  test.for([
    ["", "ERR failed to parse command"],
    ["hello", "ERR failed to parse command"],
    ["{", "ERR failed to parse command"],
    ['{"a":1}', "ERR failed to parse command"],
    ['"GET"', "ERR failed to parse command"],
    ["null", "ERR failed to parse command"],
    ["[null]", "ERR null args are not supported"],
    ['["GET",null]', "ERR null args are not supported"],
    ['["GET",["k"]]', "ERR failed to parse command"],
    ['["GET",{"__proto__":1}]', "ERR failed to parse command"],
    ["[]", "ERR empty command"],
    ["[".repeat(200_000), "ERR failed to parse command"],
    [`["GET",1,${"[".repeat(50_000)}${"]".repeat(50_000)}]`, "ERR failed to parse command"],
  ] as const)("is refused: %.40s", ([body, message]) => {
    expect(() => command(body)).toThrow(MalformedError);
    expect(() => command(body)).toThrow(message);
  });

  test("bytes that are no UTF-8 are refused instead of being replaced", () => {
    const body = Buffer.concat([Buffer.from('["SET","k","'), Buffer.from([0xff, 0xfe]), Buffer.from('"]')]);
    expect(() => parseCommand(body)).toThrow(/not UTF-8/);
  });

  test("any text survives", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (args) => {
        expect(command(JSON.stringify(args))).toEqual(args);
      }),
    );
  });

  test("any number keeps the text it was written in", () => {
    const digits = fc.bigInt().map(String);
    const decimal = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    const number = fc
      .oneof(digits, decimal)
      .filter((one) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/.test(one));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (numbers) => {
        expect(command(`["SADD","k",${numbers.join(",")}]`)).toEqual(["SADD", "k", ...numbers]);
      }),
    );
  });
});

describe("many commands", () => {
  test("keep their order and their numbers' text, and an empty one its place", () => {
    expect(batch('[["SET","k",1.50],[],["GET","k"]]')).toEqual([
      ["SET", "k", "1.50"],
      new MalformedError("ERR empty pipeline command"),
      ["GET", "k"],
    ]);
  });

  test("what is wrong with one of them is its own", () => {
    const refused = "ERR failed to parse command: expected strings, numbers and booleans inside a command";
    expect(batch('[["SET","k",1.0],["ZADD","z",null,"m"],["GET",["k"]]]')).toEqual([
      ["SET", "k", "1.0"],
      new MalformedError("ERR null args are not supported"),
      new MalformedError(refused),
    ]);
    expect(batch('[["GET",{"a":1}],["SET","k","v"]]')).toEqual([
      new MalformedError(refused),
      ["SET", "k", "v"],
    ]);
  });

  test.for([
    ["", "ERR failed to parse pipeline request"],
    ["{}", "ERR failed to parse pipeline request"],
    ['["GET","k"]', "ERR failed to parse pipeline request"],
    ['[["GET","k"],null]', "ERR failed to parse pipeline request"],
    ["[]", "ERR empty pipeline request"],
    ['[["PING"],["PING"],["PING"],["PING"]]', "ERR max pipeline length exceeded: 4 commands, 3 allowed"],
  ] as const)("are refused: %s", ([body, message]) => {
    expect(() => batch(body)).toThrow(message);
  });
});
