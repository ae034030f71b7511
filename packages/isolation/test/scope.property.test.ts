import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { families } from "../src/commands/families.ts";
import { Namespace } from "../src/index.ts";
import type { Argument, Command, ScopedCommand } from "../src/index.ts";

const namespace = Namespace.project("a");
const names = Object.values(families)
  .flat()
  .map(({ name }) => name.split(" "));

const argument: fc.Arbitrary<Argument> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(4).map(String),
  fc.constantFrom<Argument>(
    "STORE",
    "LIMIT",
    "GROUP",
    "BLOCK",
    "COUNT",
    "streams",
    "DB",
    "REPLACE",
    "BY",
    Buffer.from("STREAMS"),
    Buffer.from("get"),
  ),
);

const anyCommand: fc.Arbitrary<Command> = fc
  .tuple(fc.constantFrom(...names), fc.array(argument, { maxLength: 9 }))
  .map(([name, args]) => [...name, ...args] as unknown as Command);

/** What became of it: `scoped`, or the code of the error. */
function codeOf(command: Command): string {
  try {
    namespace.scope(command);
    return "scoped";
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

function scopeOf(command: Command): ScopedCommand | undefined {
  try {
    return namespace.scope(command);
  } catch {
    return undefined;
  }
}

/** The key without the prefix, or undefined where it has none. */
function stripped(key: Argument): Argument | undefined {
  if (typeof key === "string") return key.startsWith("proj:a:") ? key.slice(7) : undefined;
  return key.subarray(0, 7).toString("latin1") === "proj:a:" ? key.subarray(7) : undefined;
}

describe("whatever the arguments are", () => {
  test("a command is refused with one of our errors, or each argument is untouched or carries the prefix once more", () => {
    fc.assert(
      fc.property(anyCommand, (command) => {
        const before = [...command];
        const scoped = scopeOf(command);
        expect(command).toEqual(before);
        if (scoped?.program !== undefined) return;
        const wrong = scoped?.command.filter(
          (sent, index) => sent !== command[index] && !same(stripped(sent), command[index]),
        );
        expect(wrong ?? []).toEqual([]);
        expect(scoped?.command.length ?? command.length).toBe(command.length);
      }),
      { seed: 20, numRuns: 5000 },
    );
  });

  test("only our errors are thrown", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(argument, fc.anything()), { maxLength: 4 }),
        fc.constantFrom(...names),
        (args, name) => {
          for (const command of [args, [...name, ...args]])
            expect(codeOf(command as unknown as Command)).toMatch(/^(?:scoped|FLEET_ISOLATION_[A-Z_]+)$/);
        },
      ),
      { seed: 21, numRuns: 3000 },
    );
  });

  test("what the server would name is what the caller named", () => {
    fc.assert(
      fc.property(argument, argument, (key, value) => {
        const sent = namespace.scope(["LMPOP", "1", key, "LEFT"]);
        expect(sent.restore([sent.command[2] as Argument, [value]])).toEqual([key, [value]]);
        const read = namespace.scope(["XREAD", "STREAMS", key, "0"]);
        expect(read.restore([[read.command[2] as Argument, []]])).toEqual([[key, []]]);
      }),
      { seed: 22 },
    );
  });

  test("two projects never write the same key", () => {
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,5}$/);
    fc.assert(
      fc.property(id, id, argument, argument, (one, other, key, otherKey) => {
        fc.pre(one !== other);
        const [mine, theirs] = [
          Namespace.project(one).scope(["GET", key]),
          Namespace.project(other).scope(["GET", otherKey]),
        ];
        expect(Buffer.from(mine.command[1] as string).equals(Buffer.from(theirs.command[1] as string))).toBe(
          false,
        );
      }),
      { seed: 23 },
    );
  });
});

function same(one: Argument | undefined, other: Argument | undefined): boolean {
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return one.equals(other);
  return one === other;
}
