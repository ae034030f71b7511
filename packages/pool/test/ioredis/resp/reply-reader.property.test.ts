import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Limit, ReplyLimits } from "../../../src/ioredis/resp/reply-limits.ts";
import { ReplyReader } from "../../../src/ioredis/resp/reply-reader.ts";
import { depthOf, elementsOf, sliced, type Tree, trees, wireOf } from "./reference.ts";

interface Asked {
  readonly limits: ReplyLimits;
  settled: boolean;
  reply: Buffer | "dropped" | undefined;
  limit: Limit | undefined;
}

const unlimited = {
  maxReplyBytes: Infinity,
  maxReplyElements: Infinity,
  maxReplyDepth: Infinity,
  budget: undefined,
};

function asked(limits: Partial<ReplyLimits> = {}, settled = false): Asked {
  return { limits: { ...unlimited, ...limits }, settled, reply: undefined, limit: undefined };
}

/** Reads all chunks; each command's reply is a copy, as chunks are used again. */
function read(
  commands: readonly Asked[],
  chunks: readonly Buffer[],
  maxSkippedBytes = Infinity,
): { endless: boolean } {
  const queue = [...commands];
  const end = { endless: false };
  const reader = new ReplyReader<Asked>({
    maxSkippedBytes,
    due: () => queue[0],
    took: (command, bytes, start, stop) => {
      expect(queue.shift()).toBe(command);
      command.reply = bytes === undefined ? "dropped" : Buffer.from(bytes.subarray(start, stop));
    },
    exceeded: (command, limit) => {
      expect(command.limit).toBeUndefined();
      command.limit = limit;
      command.settled = true;
    },
    endless: () => {
      end.endless = true;
    },
  });
  for (const chunk of chunks) {
    reader.read(chunk);
    chunk.fill(0);
  }
  return end;
}

const slicings = fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 8 });
const tinySlicings = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 });

test("under any slicing each command gets exactly the bytes of its reply", () => {
  fc.assert(
    fc.property(fc.array(trees, { maxLength: 12 }), fc.oneof(slicings, tinySlicings), (replies, sizes) => {
      const commands = replies.map(() => asked());
      const wires = replies.map(wireOf);
      read(commands, sliced(Buffer.concat(wires), sizes));
      expect(commands.map(({ reply }) => reply)).toEqual(wires);
    }),
  );
});

test("with any limits and callers that left, what is skipped shifts no other reply", () => {
  const limits = fc.record({
    maxReplyBytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(Infinity)),
    maxReplyElements: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(Infinity)),
    maxReplyDepth: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(Infinity)),
  });
  const cases = fc.array(fc.tuple(trees, limits, fc.boolean()), { maxLength: 12 });
  fc.assert(
    fc.property(cases, fc.oneof(slicings, tinySlicings), (given, sizes) => {
      const commands = given.map(([, limit, left]) => asked(limit, left));
      const wires = given.map(([tree]) => wireOf(tree));
      expect(read(commands, sliced(Buffer.concat(wires), sizes))).toEqual({ endless: false });
      for (const [index, [tree, limit, left]] of given.entries()) {
        const { reply, limit: reported } = commands[index]!;
        const broken = brokenBy(tree, wires[index]!, limit);
        expect(broken.length === 0 ? [undefined] : broken).toContain(reported);
        // Only what no caller takes may be dropped.
        const mayDrop = left || broken.length > 0;
        expect([wires[index], mayDrop ? "dropped" : wires[index]]).toContainEqual(reply);
      }
    }),
  );
});

function brokenBy(tree: Tree, wire: Buffer, limits: Omit<ReplyLimits, "budget">): readonly Limit[] {
  const broken: Limit[] = [];
  if (wire.length > limits.maxReplyBytes) broken.push("bytes");
  if (elementsOf(tree) > limits.maxReplyElements) broken.push("elements");
  if (depthOf(tree) > limits.maxReplyDepth) broken.push("depth");
  return broken;
}

test("a reply that is given up is over its limit by more than may be skipped", () => {
  const cases = fc.tuple(trees, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 100 }));
  fc.assert(
    fc.property(cases, fc.oneof(slicings, tinySlicings), ([tree, maxReplyBytes, maxSkipped], sizes) => {
      const command = asked({ maxReplyBytes });
      const next = asked();
      const wire = wireOf(tree);
      const { endless } = read(
        [command, next],
        sliced(Buffer.concat([wire, Buffer.from("+next\r\n")]), sizes),
        maxSkipped,
      );
      const mayEnd = wire.length > maxReplyBytes && wire.length > maxSkipped;
      expect(endless && !mayEnd).toBe(false);
      expect(command.limit).toBe(wire.length > maxReplyBytes ? "bytes" : undefined);
      expect(next.reply).toEqual(endless ? undefined : Buffer.from("+next\r\n"));
    }),
  );
});
