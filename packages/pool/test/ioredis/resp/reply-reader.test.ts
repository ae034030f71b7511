import { describe, expect, test } from "vitest";

import type { Limit } from "../../../src/ioredis/resp/reply-limits.ts";
import { ReplyProtocolError } from "../../../src/ioredis/resp/reply-protocol-error.ts";
import { ReplyReader } from "../../../src/ioredis/resp/reply-reader.ts";
import { sliced } from "./reference.ts";

const limits = { maxReplyBytes: Infinity, maxReplyElements: Infinity, maxReplyDepth: 64, budget: undefined };

/** A reader with one command due after another, all with the same limits. */
function open({ maxReplyBytes = 1_000_000, maxReplyElements = 1000, maxReplyDepth = 64, left = false } = {}) {
  const seen = {
    replies: [] as (string | undefined)[],
    exceeded: [] as Limit[],
    endless: 0,
    buffers: [] as Buffer[],
  };
  const command = {
    limits: { maxReplyBytes, maxReplyElements, maxReplyDepth, budget: undefined },
    settled: left,
  };
  const reader = new ReplyReader({
    maxSkippedBytes: 10_000_000,
    due: () => ({ ...command }),
    took: (_, bytes, start, end) => {
      if (bytes !== undefined) seen.buffers.push(bytes);
      seen.replies.push(bytes?.toString("latin1", start, end));
    },
    exceeded: (due: { settled: boolean }, limit) => {
      seen.exceeded.push(limit);
      due.settled = true;
    },
    endless: () => (seen.endless += 1),
  });
  const read = (text: string, sizes: readonly number[] = []): void => {
    for (const chunk of sliced(Buffer.from(text, "latin1"), sizes)) reader.read(chunk);
  };
  return { reader, seen, read };
}

describe("what is no RESP2", () => {
  test.for([
    ["a type of RESP3", "%1\r\n+a\r\n+b\r\n"],
    ["a word without a type", "PONG\r\n"],
    ["a length that is no number", "$x\r\nab\r\n"],
    ["a length that is missing", "$\r\nab\r\n"],
    ["a length below -1", "$-2\r\n"],
    ["a sign in the middle", ":1-2\r\n"],
    ["two signs", ":--2\r\n"],
    ["an array's length of 30 digits", "*100000000000000000000000000000\r\n"],
    ["a length beyond 2^53", "$9007199254740993\r\n"],
    ["a bulk string that is longer", "$2\r\nabc\r\n"],
    ["a bulk string that ends with LF alone", "$2\r\nab\n+OK\r\n"],
    ["a bulk string that ends with CR alone", "$2\r\nab\r+OK\r\n"],
    ["a number that ends with CR alone", ":12\r+OK\r\n"],
    ["a line that ends with LF alone", "+OK\n"],
    ["such in an array", "*2\r\n+OK\r\n!3\r\nabc\r\n"],
  ])("%s", ([, text]) => {
    for (const sizes of [[], [1], [2, 3]])
      expect(() => open().read(text!, sizes)).toThrow(ReplyProtocolError);
  });

  test("a reply that no command is due for", () => {
    const reader = new ReplyReader({
      maxSkippedBytes: 0,
      due: () => undefined,
      took: () => undefined,
      exceeded: () => undefined,
      endless: () => undefined,
    });
    expect(() => reader.read(Buffer.from("+OK\r\n"))).toThrow(/no command is due/);
  });
});

test("the end of the line that the reader before has answered already is passed over, once", () => {
  for (const rest of ["\n", "\r\n"]) {
    const { seen, read } = open();
    read(`${rest}+OK\r\n`, [1]);
    expect(seen.replies).toEqual(["+OK\r\n"]);
    expect(() => read("\r\n")).toThrow(ReplyProtocolError);
  }
  expect(() => open().read("\r\n\n")).toThrow(ReplyProtocolError);
});

describe("memory", () => {
  test("a reply in one chunk is not copied", () => {
    const { reader, seen } = open();
    const chunk = Buffer.from("+OK\r\n$2\r\nab\r\n");
    reader.read(chunk);
    expect(seen.buffers.every((bytes) => bytes === chunk)).toBe(true);
  });

  test("a bulk string over many chunks is one allocation of its announced length", () => {
    const { seen, read } = open();
    const body = "x".repeat(500_000);
    read(`$500000\r\n${body}\r\n`, [4, 60_000, 1, 100_000]);
    expect(seen.replies).toEqual([`$500000\r\n${body}\r\n`]);
    expect(seen.buffers[0]!.buffer.byteLength).toBe(`$500000\r\n${body}\r\n`.length);
  });

  test("nested 200000 deep it is skipped without recursion, and the next reply is right", () => {
    const { seen, read } = open();
    read(`${"*1\r\n".repeat(200_000)}:1\r\n+next\r\n`, [60_000]);
    expect(seen.exceeded).toEqual(["depth"]);
    expect(seen.replies).toEqual([undefined, "+next\r\n"]);
  });

  test("64 deep is within the limit, 65 is over it", () => {
    const { seen, read } = open();
    read(`${"*1\r\n".repeat(64)}:1\r\n`);
    expect(seen.exceeded).toEqual([]);
    read(`${"*1\r\n".repeat(65)}:1\r\n`);
    expect(seen.exceeded).toEqual(["depth"]);
  });
});

describe("limits", () => {
  test("are exact, whether the reply comes whole or in single bytes", () => {
    for (const sizes of [[], [1]]) {
      const { seen, read } = open({ maxReplyBytes: 10 });
      read("$4\r\nabcd\r\n", sizes);
      read("$5\r\nabcde\r\n", sizes);
      read("+1234567\r\n", sizes);
      read("+12345678\r\n", sizes);
      expect(seen.exceeded).toEqual(["bytes", "bytes"]);
      expect(seen.replies.length).toBe(4);
    }
  });

  test("count as soon as a length is announced, long before the bytes come", () => {
    const { seen, read } = open({ maxReplyBytes: 1000, maxReplyElements: 10 });
    read("*2\r\n$2000\r\n");
    expect(seen.exceeded).toEqual(["bytes"]);
    const other = open({ maxReplyElements: 10 });
    other.read("*10\r\n");
    expect(other.seen.exceeded).toEqual(["elements"]);
    const third = open({ maxReplyBytes: 1000 });
    third.read("*900\r\n");
    expect(third.seen.exceeded).toEqual(["bytes"]);
  });

  test("a line that does not end is skipped too", () => {
    const { seen, read } = open({ maxReplyBytes: 1000 });
    read(`+${"x".repeat(5000)}`, [100]);
    expect(seen.exceeded).toEqual(["bytes"]);
    read("\r\n+next\r\n");
    expect(seen.replies).toEqual([undefined, "+next\r\n"]);
  });

  test.for([
    ["a bulk string of 512 MB", "$536870912\r\n"],
    ["an array of 100 million", "*100000000\r\n"],
    ["arrays of arrays", "*1000\r\n*1000\r\n*1000\r\n*10000000\r\n"],
  ])("%s that is over them is not awaited", ([, text]) => {
    const { seen, read } = open();
    read(text!);
    expect(seen).toMatchObject({ endless: 1, replies: [] });
    expect(seen.exceeded).toHaveLength(1);
    read("+next\r\n");
    expect(seen.replies).toEqual([]);
  });

  test("what was kept of a reply is let go when its caller leaves in the middle of it", () => {
    const command = { limits, settled: false };
    const replies: (Buffer | undefined)[] = [];
    const reader = new ReplyReader({
      maxSkippedBytes: 0,
      due: () => command,
      took: (_, bytes) => void replies.push(bytes),
      exceeded: () => undefined,
      endless: () => undefined,
    });
    reader.read(Buffer.from(`$100000\r\n${"x".repeat(50_000)}`));
    expect(reader.progress).toEqual({ came: 50_009, missing: 50_003, kept: 50_009 });
    command.settled = true;
    reader.read(Buffer.from("x".repeat(40_000)));
    expect(reader.progress).toEqual({ came: 90_009, missing: 10_003, kept: 0 });
    reader.read(Buffer.from(`${"x".repeat(10_000)}\r\n`));
    expect(replies).toEqual([undefined]);
  });

  test("of a reply whose caller has left only the begin is kept", () => {
    const { seen, read } = open({ left: true });
    read("$900\r\n" + "x".repeat(900) + "\r\n", [500]);
    expect(seen.replies[0]).toHaveLength(908);
    read("$5000\r\n" + "x".repeat(5000) + "\r\n+next\r\n", [500]);
    expect(seen.replies.slice(1)).toEqual([undefined, "+next\r\n"]);
    expect(seen.exceeded).toEqual([]);
  });
});
