import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ReplyError } from "../../../src/index.ts";
import { decodeReply, encodeReply } from "../../../src/ioredis/index.ts";
import { placesOf } from "../../../src/ioredis/resp/reply.ts";
import { elementsOf, trees, valueOf, wireOf } from "./reference.ts";

test("any reply has the value that a plain reference gives it", () => {
  fc.assert(
    fc.property(
      trees.filter(({ kind }) => kind !== "error"),
      (tree) => {
        expect(decodeReply(wireOf(tree), "buffer")).toEqual(valueOf(tree));
      },
    ),
  );
});

test("what is encoded again has the same value", () => {
  fc.assert(
    fc.property(
      trees.filter(({ kind }) => kind !== "error"),
      (tree) => {
        const value = decodeReply(wireOf(tree), "buffer");
        const again = decodeReply(encodeReply(value), "buffer");
        // Integers beyond 2^53 are digits, and come back as text.
        expect(JSON.stringify(again, plain)).toBe(JSON.stringify(value, plain));
      },
    ),
  );
});

/** Bytes that JSON has seen, as text. */
function plain(_: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { readonly type?: unknown; readonly data?: readonly number[] };
  return type === "Buffer" && data !== undefined ? Buffer.from(data).toString("latin1") : value;
}

test("the places of an array's values are where each ends", () => {
  fc.assert(
    fc.property(fc.array(trees, { maxLength: 8 }), (items) => {
      const wire = wireOf({ kind: "array", items });
      const places = placesOf(wire, 0)!;
      expect(places).toHaveLength(items.length);
      for (const [index, item] of items.entries()) {
        const { start, end, elements } = places[index]!;
        expect(wire.subarray(start, end)).toEqual(wireOf(item));
        expect(elements).toBe(elementsOf(item));
      }
    }),
  );
  expect(placesOf(Buffer.from("*-1\r\n"), 0)).toBeUndefined();
  expect(placesOf(Buffer.from("+OK\r\n"), 0)).toBeUndefined();
});

test("integers are numbers where numbers are exact, and their digits beyond", () => {
  const integer = (digits: string): unknown => decodeReply(Buffer.from(`:${digits}\r\n`));
  expect(integer("7")).toBe(7);
  expect(integer("0")).toBe(0);
  expect(integer("-9007199254740991")).toBe(-9007199254740991);
  expect(integer("9007199254740992")).toBe("9007199254740992");
  expect(integer("-9223372036854775808")).toBe("-9223372036854775808");
});

test("text is text or bytes as asked, in arrays too", () => {
  const wire = Buffer.concat([Buffer.from("*4\r\n$2\r\né\r\n*1\r\n$2\r\n"), Buffer.from([0xff, 0])]);
  const whole = Buffer.concat([wire, Buffer.from("\r\n:3\r\n$-1\r\n")]);
  expect(decodeReply(whole, "buffer")).toEqual([Buffer.from("é"), [Buffer.from([0xff, 0])], 3, null]);
  expect(decodeReply(Buffer.from("*2\r\n+é\r\n*-1\r\n"))).toEqual(["é", null]);
});

test("an error inside of an array stands in its place, and one that is all of the reply is thrown", () => {
  expect(decodeReply(Buffer.from("*2\r\n$1\r\na\r\n-WRONGTYPE no\r\n"))).toEqual([
    "a",
    new ReplyError("WRONGTYPE no"),
  ]);
  expect(() => decodeReply(Buffer.from("-WRONGTYPE no\r\n"))).toThrow(ReplyError);
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
