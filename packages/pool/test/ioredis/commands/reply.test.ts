import { expect, test } from "vitest";

import { ReplyError } from "../../../src/index.ts";
import { decode } from "../../../src/ioredis/commands/reply.ts";

test("integers are numbers where numbers are exact, and their digits beyond", () => {
  expect(decode("7", "utf8")).toBe(7);
  expect(decode("-9007199254740991", "utf8")).toBe(-9007199254740991);
  expect(decode("9007199254740992", "utf8")).toBe("9007199254740992");
  expect(decode("-9223372036854775808", "buffer")).toBe("-9223372036854775808");
});

test("text is text or bytes as asked, in arrays too", () => {
  const raw = [Buffer.from("é"), [Buffer.from([0xff, 0])], "3", null];
  expect(decode(raw, "buffer")).toEqual([Buffer.from("é"), [Buffer.from([0xff, 0])], 3, null]);
  expect(decode([Buffer.from("é"), null], "utf8")).toEqual(["é", null]);
});

test("an error inside of an array is the reply's error", () => {
  expect(() => decode([Buffer.from("a"), new Error("WRONGTYPE no")], "utf8")).toThrow(ReplyError);
});

test.for([
  ["OOM command not allowed when used memory > 'maxmemory'.", "FLEET_POOL_MEMORY", "OOM"],
  ["ERR no such key", "FLEET_POOL_KEY_NOT_FOUND", "ERR"],
  ["WRONGTYPE Operation against a key", "FLEET_POOL_REPLY", "WRONGTYPE"],
  ["ERR unknown command 'x'", "FLEET_POOL_REPLY", "ERR"],
  ["no prefix at all", "FLEET_POOL_REPLY", ""],
] as const)("the error reply %j is %s", ([message, code, prefix]) => {
  expect(new ReplyError(message)).toMatchObject({ message, code, prefix });
});
