import { describe, expect, test } from "vitest";

import { reload } from "../src/index.ts";
import { app } from "./define.ts";

const before = (await app.load({ environment: {} })).config;

describe("reading a configuration again", () => {
  test("takes over what may change, and names what has to wait", () => {
    const after = { ...before, timeoutMs: 1, name: "other", listen: { port: 81, isOpen: true } };
    expect(reload(app.all, before, after)).toEqual({
      config: { ...before, timeoutMs: 1, listen: { port: before.listen.port, isOpen: true } },
      changed: ["timeoutMs", "listen.isOpen"],
      waiting: ["name", "listen.port"],
    });
    expect(before.listen).toEqual({ port: 80, isOpen: false });
  });

  test("of the same content changes nothing", () => {
    expect(reload(app.all, before, structuredClone(before))).toEqual({
      config: before,
      changed: [],
      waiting: [],
    });
  });
});
