import { expect, test } from "vitest";

import { LargeReplies } from "../../src/walk/large-replies.ts";

test("of many commands that had large replies only the last ones are remembered", () => {
  const large = new LargeReplies({ now: () => 0 });
  const laneOf = (index: number): string =>
    large.laneOf({ lane: "shared", command: [`made-up-${index}`] }, "acme");
  for (let index = 0; index < 3000; index += 1) large.note("x".repeat(65_536), `made-up-${index}`, "acme");
  expect([laneOf(0), laneOf(1975), laneOf(1976), laneOf(2999)]).toEqual(["shared", "shared", "bulk", "bulk"]);
});

test.for([
  ["x".repeat(65_535), "shared"],
  [Buffer.alloc(65_536), "bulk"],
  [Array.from({ length: 4095 }, () => 1), "shared"],
  [Array.from({ length: 4096 }, () => 1), "bulk"],
  [null, "shared"],
  [7, "shared"],
] as const)("a reply is large from 64 kB or 4096 elements on", ([reply, lane]) => {
  const large = new LargeReplies({ now: () => 0 });
  large.note(reply, "GET");
  expect(large.laneOf({ lane: "shared", command: ["get"] })).toBe(lane);
});
