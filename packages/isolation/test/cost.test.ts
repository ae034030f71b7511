import { describe, expect, test } from "vitest";

import { costOf } from "../src/index.ts";
import type { Command } from "../src/index.ts";

describe("a command is heavy", () => {
  test.for([
    ["LCS", "a", "b"],
    ["lcs", "a", "b"],
    ["LcS", "a", "b"],
    ["SORT", "k"],
    ["KEYS", "*"],
    ["BITCOUNT", "k"],
    ["BITCOUNT", Buffer.from("k")],
    ["BITPOS", "k", "1"],
    ["BITPOS", "k", "1", "0"],
    ["SETRANGE", "k", "536870911", "x"],
    ["SETRANGE", "k", Buffer.from("536870911"), "x"],
    ["SETRANGE", "k", "no number", "x"],
    ["SETBIT", "k", "4294967295", "1"],
    ["SRANDMEMBER", "k", "-100000"],
    ["HRANDFIELD", "k", "100000", "WITHVALUES"],
    ["MGET", ...Array.from({ length: 1000 }, (_, index) => `k${index}`)],
  ] as Command[])("%j", (command) => {
    expect(costOf(command)).toBe("heavy");
  });
});

describe("a command is light", () => {
  test.for([
    ["GET", "k"],
    ["BITCOUNT", "k", "0", "10"],
    ["BITPOS", "k", "1", "0", "10"],
    ["SETRANGE", "k", "5", "x"],
    ["SETBIT", "k", "7", "1"],
    ["SRANDMEMBER", "k"],
    ["SRANDMEMBER", "k", "10"],
    ["MGET", "a", "b"],
    ["SINTER", "a", "b"],
    ["__proto__"],
  ] as Command[])("%j", (command) => {
    expect(costOf(command)).toBe("light");
  });
});
