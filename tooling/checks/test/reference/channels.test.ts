import { expect, test } from "vitest";

import { channelsPage, gapsOfChannels } from "../../src/reference/channels-page.ts";
import { channelsOf } from "../../src/reference/channels.ts";

const channels = channelsOf(["tooling/checks/test/reference/fixture/channels.ts"]);

test("a payload has a table for each of its forms", () => {
  expect(channels.find(({ name }) => name === "fleet:fixture:lamp")).toMatchObject({
    name: "fleet:fixture:lamp",
    payload: "LampEvent",
    meaning: "A lamp did something.",
    variants: [
      [
        { name: "lamp", meaning: "The lamp." },
        { name: "event", type: '`"lit"`', meaning: "It was lit." },
      ],
      [{ name: "lamp" }, { name: "event", type: '`"out"`' }, { name: "afterMs", isOptional: true }],
    ],
  });
  expect(channelsPage(channels)).toContain('| `event` | `"lit"` | It was lit. |');
});

test("the function that publishes may name the channel, and the payload be another file's", () => {
  expect(channels.find(({ name }) => name === "fleet:fixture:flash")).toMatchObject({
    payload: "Flash",
    meaning: "A short light.",
    variants: [[{ name: "lumens", meaning: "Its strength." }]],
  });
});

test("a channel without a described payload, and a payload that is no event, are named", () => {
  expect(gapsOfChannels(channels)).toEqual([
    "the payload of fleet:fixture:flash is called Flash, not ...Event",
    "the channel fleet:fixture:unnamed is named by no doc comment of a payload's type",
  ]);
});
