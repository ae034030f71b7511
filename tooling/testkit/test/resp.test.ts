import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ReplySplitter } from "../src/faults/reply-splitter.ts";
import { encodeCommand, readFrame, RedisError } from "../src/resp.ts";

const frames: readonly (readonly [bytes: string, value: unknown])[] = [
  ["+OK\r\n", "OK"],
  ["+\r\n", ""],
  [":-12\r\n", -12],
  [":9223372036854775807\r\n", "9223372036854775807"],
  ["$5\r\nhe\r\nx\r\n", "he\r\nx"],
  ["$0\r\n\r\n", ""],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["*0\r\n", []],
  ["*2\r\n$1\r\na\r\n*1\r\n:1\r\n", ["a", [1]]],
  ["_\r\n", null],
  ["#t\r\n", true],
  [",1.5\r\n", 1.5],
  [",-inf\r\n", -Infinity],
  ["(3492890328409238509324850943850943825024385\r\n", "3492890328409238509324850943850943825024385"],
  ["=6\r\ntxt:ab\r\n", "ab"],
  ["~2\r\n:1\r\n:2\r\n", [1, 2]],
  ["%1\r\n+key\r\n*0\r\n", ["key", []]],
  [">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n", ["invalidate", ["k"]]],
  ["|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n", "v"],
];

describe("a reply", () => {
  test.for(frames)("%j reads as %j, and not before its last byte", ([text, value]) => {
    const bytes = Buffer.from(text);
    expect(readFrame(bytes)).toEqual({ value, end: bytes.length });
    for (let length = 0; length < bytes.length; length += 1)
      expect(readFrame(bytes.subarray(0, length))).toBeUndefined();
  });

  test("an error is a value, alone or inside of a list", () => {
    expect(readFrame(Buffer.from("-ERR no\r\n"))?.value).toEqual(new RedisError("ERR no"));
    expect(readFrame(Buffer.from("!6\r\nERR no\r\n"))?.value).toEqual(new RedisError("ERR no"));
    expect(readFrame(Buffer.from("*1\r\n-ERR no\r\n"))?.value).toEqual([new RedisError("ERR no")]);
  });

  test.for(["HTTP/1.1 200 OK\r\n", "$x\r\n", "*1.5\r\n"])("%j is refused", (text) => {
    expect(() => readFrame(Buffer.from(text))).toThrow("not RESP");
  });
});

test("a command is a list of bulk strings, lengths in bytes", () => {
  expect(encodeCommand(["SET", "ä", Buffer.of(0, 13, 10)]).toString("latin1")).toBe(
    "*3\r\n$3\r\nSET\r\n$2\r\n\u00c3\u00a4\r\n$3\r\n\u0000\r\n\r\n",
  );
});

describe("the splitter", () => {
  const stream = fc.array(fc.constantFrom(...frames.map(([text]) => text), "-ERR no such thing\r\n"), {
    minLength: 1,
  });

  test("finds the border of each reply, whatever the slices", () => {
    fc.assert(
      fc.property(stream, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (replies, sizes) => {
        const bytes = Buffer.from(replies.join(""));
        const splitter = new ReplySplitter();
        const found: string[] = [];
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value;
          for (const { bytes: part, first } of splitter.split(bytes.subarray(at, at + size)))
            if (first) found.push(part.toString());
            else found.push(`${found.pop()!}${part.toString()}`);
          at += size;
        }
        expect(found).toEqual(replies);
      }),
    );
  });

  test("passes payload through without keeping it", () => {
    const splitter = new ReplySplitter();
    splitter.split(Buffer.from("$536870912\r\n"));
    const chunk = Buffer.alloc(65_536);
    expect(splitter.split(chunk)).toEqual([{ bytes: chunk, first: false }]);
  });

  test.for(["GET / HTTP/1.1\r\n", "$12345678901234567890123456789012345", "*x\r\n"])("refuses %j", (text) => {
    expect(() => new ReplySplitter().split(Buffer.from(text))).toThrow("not RESP");
  });
});
