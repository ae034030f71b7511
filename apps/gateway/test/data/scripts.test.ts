import { hash } from "node:crypto";

import type { Command } from "@fleet/isolation";
import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";

import { Scripts } from "../../src/data/scripts.ts";

const foreign = "#!lua flags=allow-key-locking\nreturn 1";
const native = "#!lua\nreturn 1";
const scripts = (): Scripts => new Scripts();
const sent = (script: string): unknown => scripts().translate(["EVAL", script, "0"]).command[1];

describe("the first line of a script", () => {
  test.for([
    [foreign, native],
    ["#!lua flags=no-writes,allow-key-locking\nreturn 1", "#!lua flags=no-writes\nreturn 1"],
    ["#!lua flags=allow-key-locking,no-writes\nreturn 1", "#!lua flags=no-writes\nreturn 1"],
    ["#!lua name=x flags=allow-key-locking\nreturn 1", "#!lua name=x\nreturn 1"],
    ["#!lua flags=allow-key-locking\r\nreturn 1", "#!lua \nreturn 1"],
    ["#!lua flags=allow-key-locking", "#!lua"],
  ])("%j becomes %j", ([script, expected]) => {
    expect(sent(script!)).toBe(expected);
  });

  test.for([
    native,
    "#!lua flags=no-writes\nreturn 1",
    "#!lua flags=allow-key-lockings\nreturn 1",
    "#!lua flags=unknown\nreturn 1",
    "return 'flags=allow-key-locking'",
    "-- x\n#!lua flags=allow-key-locking",
    ` ${foreign}`,
    "",
  ])("%j stays", (script) => {
    const command: Command = ["EVAL", script, "0"];
    expect(scripts().translate(command).command).toBe(command);
  });

  test("as bytes too, whatever they are", () => {
    const tail = Buffer.from([0x0a, 0xff, 0x00, 0x0a]);
    const command: Command = [
      "eval_ro",
      Buffer.concat([Buffer.from("#!lua flags=allow-key-locking"), tail]),
      "0",
    ];
    expect(scripts().translate(command).command[1]).toEqual(Buffer.concat([Buffer.from("#!lua"), tail]));
  });

  test("the number of lines stays, so that errors name the right one", () => {
    assert(
      property(string(), (rest) => {
        const script = `#!lua flags=allow-key-locking\n${rest}`;
        expect(String(sent(script)).split("\n").slice(1)).toEqual(script.split("\n").slice(1));
      }),
    );
  });
});

describe("hashes", () => {
  test("of what the caller sent stand for those of what Redis got", () => {
    const one = scripts();
    const asked = hash("sha1", foreign);
    expect(one.translate(["EVALSHA", asked, "0"]).command[1]).toBe(asked);
    one.translate(["EVAL", foreign, "0"]);
    for (const command of [
      ["EVALSHA", asked, "1", asked],
      ["evalsha_ro", asked.toUpperCase(), "1", asked],
    ] as Command[])
      expect(one.translate(command).command.slice(1)).toEqual([hash("sha1", native), "1", asked]);
    const other = "0".repeat(40);
    expect(one.translate(["SCRIPT", "exists", other, asked]).command.slice(2)).toEqual([
      other,
      hash("sha1", native),
    ]);
  });

  test("SCRIPT LOAD answers that of what the caller sent", () => {
    const one = scripts();
    expect(one.translate(["script", "load", foreign])).toEqual({
      command: ["script", "load", native],
      answer: hash("sha1", foreign),
    });
    expect(one.translate(["EVALSHA", hash("sha1", foreign), "0"]).command[1]).toBe(hash("sha1", native));
    expect(one.translate(["SCRIPT", "LOAD", native])).toEqual({ command: ["SCRIPT", "LOAD", native] });
  });

  test("are remembered for the last ten thousand scripts", () => {
    const one = scripts();
    const script = (index: number): string => `${foreign}${index}`;
    for (let index = 0; index <= 10_000; index += 1) one.translate(["EVAL", script(index), "0"]);
    const known = (index: number): boolean =>
      one.translate(["EVALSHA", hash("sha1", script(index)), "0"]).command[1] !== hash("sha1", script(index));
    expect([known(0), known(1), known(10_000)]).toEqual([false, true, true]);
  });
});

test("other commands pass as they are", () => {
  for (const command of [
    ["GET", "k"],
    ["SET", "k", foreign],
    ["EXPIRE", "k", "1"],
    ["SCRIPT"],
    ["EVAL"],
  ] as Command[])
    expect(scripts().translate(command)).toEqual({ command });
});
