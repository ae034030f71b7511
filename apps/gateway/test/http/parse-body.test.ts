import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MalformedError } from "../../src/errors.ts";
import { parseBatch, parseCommand } from "../../src/http/parse-body.ts";

const limits = { maxPipelineCommands: 3, maxArguments: 100_000 };
/** A large body is parsed in slices: a promise, or an error thrown, both ways. */
const command = async (text: string, given = limits): Promise<unknown> =>
  parseCommand(Buffer.from(text), given);
const batch = async (text: string, given = limits): Promise<unknown> => parseBatch(Buffer.from(text), given);
/** So much blank that it is no small body any more. */
const grown = (body: string): string => body + " ".repeat(20_000);
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
  ] as const)("of %s", async ([body, expected]) => {
    expect(await command(body)).toEqual(expected);
    expect(await command(grown(body))).toEqual(expected);
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
    ['["SET","\\ud800","1"]', "half a character"],
    ['["SET","a\\udc00b","1"]', "half a character"],
    ['["GET","k"', "ERR failed to parse command"],
    ['["GET","k"]]', "ERR failed to parse command"],
    ['["GET",]', "ERR failed to parse command"],
    ['["GET" "k"]', "ERR failed to parse command"],
    ['["GET","a\nb"]', "ERR failed to parse command"],
    ['["GET","\\x"]', "ERR failed to parse command"],
    ['["GET","\\u12"]', "ERR failed to parse command"],
    ['["GET",01]', "ERR failed to parse command"],
    ['["GET",-]', "ERR failed to parse command"],
    ['["GET",1.]', "ERR failed to parse command"],
    ['["GET",.5]', "ERR failed to parse command"],
    ['["GET",1e]', "ERR failed to parse command"],
    ['["GET",NaN]', "ERR failed to parse command"],
    ['["GET",nul]', "ERR failed to parse command"],
    ['["GET",["k"]]', "ERR failed to parse command"],
    ['["GET",{"__proto__":1}]', "ERR failed to parse command"],
    ["[]", "ERR empty command"],
    ["[".repeat(200_000), "ERR failed to parse command"],
    [`["GET",1,${"[".repeat(50_000)}${"]".repeat(50_000)}]`, "ERR failed to parse command"],
  ] as const)("is refused: %.40s", async ([body, message]) => {
    await expect(command(body)).rejects.toThrow(MalformedError);
    await expect(command(body)).rejects.toThrow(message);
    await expect(command(grown(body))).rejects.toThrow(message);
  });

  test("bytes that are no UTF-8 are refused instead of being replaced", () => {
    const body = Buffer.concat([Buffer.from('["SET","k","'), Buffer.from([0xff, 0xfe]), Buffer.from('"]')]);
    expect(() => parseCommand(body, limits)).toThrow(/not UTF-8/);
  });

  test("any text survives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), async (args) => {
        expect(await command(JSON.stringify(args))).toEqual(args);
        expect(await command(grown(JSON.stringify(args)))).toEqual(args);
      }),
    );
  });

  test("a long string survives, wherever its pieces end", async () => {
    const unit = fc.array(fc.constantFrom("a", "é", "€", "😀", "\n", '"', "\\", "\u0001"), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(unit, fc.boolean(), async (characters, asEscapes) => {
        const one = characters.join("").repeat(30_000);
        const body = JSON.stringify(["SET", one, "v"]);
        const escaped = body.replaceAll(
          /[\u0080-\uffff]/g,
          (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
        const parsed = (await command(asEscapes ? escaped : body)) as string[];
        expect(parsed[1] === one).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("JSON is what JSON.parse takes, small or large", async () => {
    const pieces = fc.constantFrom(
      "[",
      "]",
      ",",
      '"',
      '"a"',
      "1",
      "-",
      "0",
      ".5",
      "e3",
      "true",
      "\\",
      "\\n",
      "null",
      " ",
      "{",
      "u0041",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 8 }), async (tokens) => {
        const body = `["X"${tokens.join("")}]`;
        let isJson = true;
        try {
          JSON.parse(body);
        } catch {
          isJson = false;
        }
        for (const one of [body, grown(body)]) {
          const parsed = await command(one).catch(() => undefined);
          // What is JSON may be no command, and what is none is no command.
          expect(parsed !== undefined && !isJson).toBe(false);
          expect(parsed === undefined && isJson && !/[[{]|null/.test(body.slice(1))).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("any number keeps the text it was written in", async () => {
    const digits = fc.bigInt().map(String);
    const decimal = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    const number = fc
      .oneof(digits, decimal)
      .filter((one) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/.test(one));
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1 }), async (numbers) => {
        expect(await command(`["SADD","k",${numbers.join(",")}]`)).toEqual(["SADD", "k", ...numbers]);
      }),
    );
  });
});

describe("many commands", () => {
  test("keep their order and their numbers' text, and one that is none its place", async () => {
    const body = '[["SET","k",1.50],[],["GET","k"]]';
    for (const one of [body, grown(body)])
      expect(await batch(one)).toEqual([
        ["SET", "k", "1.50"],
        new MalformedError("ERR empty pipeline command"),
        ["GET", "k"],
      ]);
  });

  test("what is wrong with one of them is its own", async () => {
    const refused = "ERR failed to parse command: expected strings, numbers and booleans inside a command";
    for (const all of [(body: string) => body, grown]) {
      expect(await batch(all('[["SET","k",1.0],["ZADD","z",null,"m"],["GET",["k"]]]'))).toEqual([
        ["SET", "k", "1.0"],
        new MalformedError("ERR null args are not supported"),
        new MalformedError(refused),
      ]);
      expect(await batch(all('[["GET",{"a":["]}"]},1],["SET","k","v"]]'))).toEqual([
        new MalformedError(refused),
        ["SET", "k", "v"],
      ]);
      await expect(batch(all('[["GET",{"a":1]],["SET","k","v"]]'))).rejects.toThrow(
        /the body is not JSON|inside a command/,
      );
    }
    await expect(batch(`[["GET",${"[".repeat(100_000)}`)).rejects.toThrow(refused);
  });

  test("null is refused in its slot", async () => {
    expect(await batch('[["SET","a",1],["SET",null,"b"],["GET","a"]]')).toEqual([
      ["SET", "a", "1"],
      new MalformedError("ERR null args are not supported"),
      ["GET", "a"],
    ]);
  });

  test("what one command may hold, and what all of them may", async () => {
    const given = { maxPipelineCommands: 10_000, maxArguments: 1000 };
    const thousand = `["MSET"${',"k"'.repeat(999)}]`;
    const many = JSON.stringify(Array.from({ length: 1000 }, () => 0)).replaceAll("0", thousand);
    expect(((await batch(many, given)) as string[][]).flat()).toHaveLength(1_000_000);
    await expect(batch(`[["MSET"${",1".repeat(1000)}]]`, given)).rejects.toThrow(
      "ERR max arguments exceeded: 1000",
    );
    await expect(batch(`[${thousand}${`,${thousand}`.repeat(1100)}]`, given)).rejects.toThrow(
      "allowed in one request",
    );
  });

  test.for([
    ["", "ERR failed to parse pipeline request"],
    ["{}", "ERR failed to parse pipeline request"],
    ['["GET","k"]', "ERR failed to parse pipeline request"],
    ['[["GET","k"],null]', "ERR failed to parse pipeline request"],
    ["[]", "ERR empty pipeline request"],
    ['[["PING"],["PING"],["PING"],["PING"]]', "ERR max pipeline length exceeded: 4 commands, 3 allowed"],
  ] as const)("are refused: %s", async ([body, message]) => {
    await expect(batch(body)).rejects.toThrow(message);
    await expect(batch(grown(body))).rejects.toThrow(message);
  });
});
