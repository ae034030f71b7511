import { describe, expect, test } from "vitest";

import { watchEvents } from "../../../src/kubernetes/api/watch-stream.ts";
import type { WatchEvent } from "../../../src/kubernetes/index.ts";

const request = { verb: "watch", group: "", resource: "services", namespace: "shop" } as const;

/** What comes out, and what it ends with. */
async function read(...chunks: readonly (string | Uint8Array)[]): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
  try {
    for await (const event of watchEvents(body(), request)) seen.push(event);
  } catch (error) {
    const { code, message, status } = error as Record<string, unknown>;
    seen.push([code, message, status]);
  }
  return seen;
}

const event = (name: string): WatchEvent => ({ type: "ADDED", object: { metadata: { name } } });
const line = (name: string): string => `${JSON.stringify(event(name))}\n`;
const garbled = (what: string): readonly unknown[] => [
  "FLEET_DISCOVERY_API_GARBLED",
  `watch services in shop: ${what}`,
  undefined,
];

describe("the events of a watch", () => {
  test("stand in lines, wherever chunks begin and end", async () => {
    const bytes = Buffer.from(`${line("a")}\n${line("zoë 🦆")}\r\n${line("c")}`);
    const expected = [event("a"), event("zoë 🦆"), event("c")];
    expect(await read(bytes)).toEqual(expected);
    for (const size of [1, 2, 3, 7, 50])
      expect(
        await read(
          ...Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.subarray(index * size, (index + 1) * size),
          ),
        ),
      ).toEqual(expected);
  });

  test("of types that nobody knows are events too", async () => {
    expect(await read('{"type":"NEWS","object":{}}\n')).toEqual([{ type: "NEWS", object: {} }]);
  });

  test("end with an ERROR, which is thrown with its status and its words", async () => {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
    expect(
      await read(line("a"), `${JSON.stringify({ type: "ERROR", object: status })}\n`, line("b")),
    ).toEqual([
      event("a"),
      ["FLEET_DISCOVERY_API_REFUSED", "watch services in shop: refused (410): too old", 410],
    ]);
    expect(await read('{"type":"ERROR","object":{}}\n')).toEqual([
      ["FLEET_DISCOVERY_API_REFUSED", "watch services in shop: refused (no status)", undefined],
    ]);
  });

  test("are nothing but events: what else a line says is not repeated", async () => {
    expect(await read(line("a"), '{"secret":\n')).toEqual([
      event("a"),
      garbled("a line of the watch is no JSON"),
    ]);
    for (const text of ["null", "1", '"secret"', "[]", "{}", '{"type":"ADDED"}', '{"type":1,"object":{}}'])
      expect(await read(`${text}\n`)).toEqual([garbled("a line of the watch is no event")]);
  });

  test("are whole: a stream that ends within a line has lost something", async () => {
    expect(await read(line("a"), line("b").slice(0, -1))).toEqual([
      event("a"),
      garbled("the watch ended within a line"),
    ]);
  });

  test("have an end: a line that has none is given up", async () => {
    const endless = Array.from({ length: 20 }, () => "x".repeat(1024 * 1024));
    expect(await read(line("a"), ...endless)).toEqual([
      event("a"),
      garbled(`a line of the watch is longer than ${8 * 1024 * 1024} bytes`),
    ]);
  });
});
