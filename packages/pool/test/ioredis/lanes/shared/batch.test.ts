import { expect, test } from "vitest";

import { ConnectionError, PoolExhaustedError } from "../../../../src/index.ts";
import type { Join } from "../../../../src/ioredis/commands/joined-writes.ts";
import type { Sender, WireCommand } from "../../../../src/ioredis/commands/wire-command.ts";
import { Batch } from "../../../../src/ioredis/lanes/shared/batch.ts";
import { LaneLimits } from "../../../../src/ioredis/lanes/shared/lane-limits.ts";

const sender: Sender = {
  settled: () => undefined,
  lost: () => new Error("lost"),
  tooLarge: () => expect.fail("nothing is large"),
};
const limits = new LaneLimits({ maxReplyBytes: 100, maxRepliesBytes: 100, maxReplyElements: 10 });

function open(): { readonly batch: Batch; readonly wires: readonly WireCommand[] } {
  const batch = new Batch(sender, {
    encoding: "utf8",
    limits: limits.ofBatch(undefined),
    startedAt: 0,
    deadline: 1,
  });
  return { batch, wires: batch.pipeline(["a", "b", "c"]) };
}

function write(wire: WireCommand | undefined): void {
  Object.assign(wire!, { join: { flushed: 1 } as Join, write: 1 });
}

const unsent = new PoolExhaustedError("test", "maxUnanswered 1", {});

test("where a pipeline was sent in part, the slots say which part: none of it would be sent again", async () => {
  const { batch, wires } = open();
  write(wires[0]);
  wires[0]!.answer(Buffer.from("+OK\r\n"), 0, 5);
  wires[1]!.fail(unsent);
  wires[2]!.fail(unsent);
  await expect(batch.promise).resolves.toEqual([{ value: "OK" }, { error: unsent }, { error: unsent }]);
});

test("one of which nothing was sent can be sent again, and one may have been executed as a whole", async () => {
  const none = open();
  none.wires[0]!.fail(unsent);
  await expect(none.batch.promise).rejects.toBe(unsent);
  const some = open();
  write(some.wires[0]);
  const lost = new ConnectionError("test", "lost", "reset", "unknown");
  some.wires[1]!.fail(unsent);
  some.wires[0]!.fail(lost);
  await expect(some.batch.promise).rejects.toBe(lost);
});
