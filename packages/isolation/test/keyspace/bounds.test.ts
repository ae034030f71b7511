import { describe, expect, test } from "vitest";

import { ForeignKeyError, Namespace } from "../../src/index.ts";
import type { Command, Reply } from "../../src/index.ts";

const namespace = Namespace.project("a");

/** Drives a program with a server that answers every step alike; what was sent, and what came of it. */
function driven(command: Command, answer: (sent: Command) => Reply): { sent: Command[]; end: unknown } {
  const program = namespace.scope(command).program!();
  const sent: Command[] = [];
  try {
    let step = program.next([]);
    while (step.done !== true) {
      sent.push(...step.value);
      step = program.next(step.value.map(answer));
    }
    return { sent, end: step.value };
  } catch (error) {
    return { sent, end: error };
  }
}

const endless = ([name]: Command): Reply =>
  name === "SCAN" ? [Buffer.from("77"), []] : name === "RANDOMKEY" ? null : 0;

describe("the work of one call is bounded", () => {
  test.for<[string, Command]>([
    ["KEYS", ["KEYS", "*"]],
    ["DBSIZE", ["DBSIZE"]],
    ["RANDOMKEY", ["RANDOMKEY"]],
  ])("%s gives up after a thousand steps and says to use SCAN", ([name, command]) => {
    const { sent, end } = driven(command, endless);
    expect(sent.filter(([verb]) => verb === "SCAN")).toHaveLength(1000);
    expect(end).toMatchObject({
      code: "FLEET_ISOLATION_TOO_MANY_KEYS",
      message: `${name} would take more work than one call may: use SCAN, which takes it in steps`,
    });
  });

  test("KEYS answers ten thousand names and no more", () => {
    let next = 0;
    const many = (): Reply => [
      Buffer.from("5"),
      Array.from({ length: 1000 }, () => Buffer.from(`proj:a:${(next += 1)}`)),
    ];
    const { sent, end } = driven(["KEYS", "*"], many);
    expect(sent).toHaveLength(11);
    expect(end).toMatchObject({ code: "FLEET_ISOLATION_TOO_MANY_KEYS" });
  });

  test("FLUSHDB says how far it came, and goes on from there", () => {
    const { end } = driven(["FLUSHDB"], endless);
    expect(end).toMatchObject({
      code: "FLEET_ISOLATION_UNFINISHED",
      cursor: "77",
      message: "FLUSHDB has removed 0 keys and is not done: go on with FLUSHDB CURSOR 77 until it answers OK",
    });
    const { sent, end: rest } = driven(["FLUSHDB", "CURSOR", "77"], () => [Buffer.from("0"), []]);
    expect(sent).toEqual([["SCAN", "77", "MATCH", Buffer.from("proj:a:*"), "COUNT", "1000"]]);
    expect(rest).toBe("OK");
  });

  test("SCAN asks for a thousand places at most, with the caller's cursor", () => {
    const { sent } = driven(["scan", "18446744073709551615", "COUNT", "999999999"], endless);
    expect(sent).toEqual([
      ["SCAN", "18446744073709551615", "MATCH", Buffer.from("proj:a:*"), "COUNT", "1000"],
    ]);
  });

  test("names of others are never shown, and never removed, whatever a server finds", () => {
    const mixed = ([name]: Command): Reply =>
      name === "SCAN"
        ? [Buffer.from("0"), [Buffer.from("proj:b:secret"), Buffer.from("proj:a:k"), Buffer.from("proj:a")]]
        : 1;
    expect(driven(["KEYS", "*"], mixed).end).toEqual([Buffer.from("k")]);
    expect(driven(["SCAN", "0"], mixed).end).toEqual([Buffer.from("0"), [Buffer.from("k")]]);
    expect(driven(["DBSIZE"], mixed).end).toBe(1);
    expect(driven(["FLUSHDB"], mixed).sent.at(-1)).toEqual(["UNLINK", Buffer.from("proj:a:k")]);
  });

  test("what is no reply to a step is withheld", () => {
    for (const reply of [null, 7, [], ["0"], [Buffer.from("0"), [7]], ["0", null]] as readonly Reply[])
      expect(driven(["KEYS", "*"], () => reply).end).toBeInstanceOf(ForeignKeyError);
  });

  test("what stands in for the command itself does no harm", () => {
    for (const command of [["KEYS", "*"], ["FLUSHALL"], ["SCAN", "0"]] as const)
      expect(namespace.scope(command)).toMatchObject({ command: ["PING"], as: "fleet" });
  });
});
