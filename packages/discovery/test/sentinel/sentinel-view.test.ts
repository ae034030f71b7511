import { describe, expect, test } from "vitest";

import type { SentinelAnswer, ToldMaster } from "../../src/sentinel/sentinel-answer.ts";
import { viewOf } from "../../src/sentinel/sentinel-view.ts";
import type { SeenMaster } from "../../src/sentinel/sentinel-view.ts";

const at = (port: number): { readonly host: string; readonly port: number } => ({ host: "10.0.0.1", port });

/** What one sentinel says. */
function says(...masters: readonly (Partial<ToldMaster> & { readonly port: number })[]): SentinelAnswer {
  const told = masters.map(({ port, ...facts }) => ({
    name: "orders",
    ...at(port),
    epoch: 1,
    down: false,
    replicas: [],
    noQuorum: undefined,
    ...facts,
  }));
  return {
    id: "a",
    masters: new Map(told.map((master) => [master.name, master])),
    others: [],
    unsettled: false,
  };
}

const replica = (port: number, flags: { readonly down?: boolean; readonly apart?: boolean } = {}) => ({
  ...at(port),
  down: false,
  apart: false,
  ...flags,
});

const none: ReadonlyMap<string, SeenMaster> = new Map();
const orders = (
  answers: readonly SentinelAnswer[],
  before = none,
  isMajority = true,
): SeenMaster | undefined => viewOf(answers, before, isMajority).get("orders");

describe("the newest configuration counts", () => {
  test("when one sentinel knows of a failover before the others", () => {
    const seen = orders([says({ port: 1 }), says({ port: 2, epoch: 2 }), says({ port: 1 })]);
    expect(seen).toMatchObject({ primary: at(2), epoch: 2, disputed: false });
  });

  test("and of the same age, what most say; that they disagree is seen", () => {
    const seen = orders([says({ port: 1 }), says({ port: 2 }), says({ port: 2 })]);
    expect(seen).toMatchObject({ primary: at(2), disputed: true });
  });
});

describe("replicas", () => {
  test("that most sentinels see down are out; on a tie they stay", () => {
    const seen = orders([
      says({ port: 1, replicas: [replica(2, { down: true }), replica(3, { down: true }), replica(4)] }),
      says({ port: 1, replicas: [replica(2, { down: true }), replica(3)] }),
    ]);
    expect(seen).toMatchObject({ replicas: [at(3), at(4)], lost: [at(2)] });
  });

  test("are told once and in the same order, whichever sentinel lists them how", () => {
    const one = orders([
      says({ port: 1, replicas: [replica(3), replica(2)] }),
      says({ port: 1, replicas: [replica(2), replica(3)] }),
    ]);
    expect(one?.replicas).toEqual([at(2), at(3)]);
  });

  test("that no sentinel has reached yet come when one has; those that were there stay meanwhile", () => {
    const apart = says({ port: 2, replicas: [replica(1, { apart: true })] });
    expect(orders([apart])?.replicas).toEqual([]);
    const before = viewOf([says({ port: 1, replicas: [replica(2)] })], none, true);
    // After a failover the old primary is a replica that the sentinels dial anew.
    expect(orders([apart], before)?.replicas).toEqual([at(1)]);
  });

  test("are not the primary, also when a sentinel lists it as one", () => {
    expect(orders([says({ port: 1, replicas: [replica(1), replica(2)] })])?.replicas).toEqual([at(2)]);
  });
});

describe("a primary", () => {
  test("is known for as long as it is the one, down or not", () => {
    const down = says({ port: 1, down: true });
    expect(orders([down, down, says({ port: 1 })])).toMatchObject({ primary: at(1), down: true });
    expect(orders([down, says({ port: 1 })])).toMatchObject({ down: false });
  });

  test("cannot be replaced when every sentinel that knows it says so", () => {
    const alone = says({ port: 1, noQuorum: "1 usable Sentinels" });
    expect(orders([alone])?.noQuorum).toBe("1 usable Sentinels");
    expect(orders([alone, says({ port: 1 })])?.noQuorum).toBeUndefined();
  });
});

describe("a minority", () => {
  const before = viewOf([says({ port: 2, epoch: 2 })], none, true);

  test("that says something older, or nothing, takes nothing away", () => {
    expect(orders([says({ port: 1, epoch: 1 })], before, false)).toMatchObject({
      primary: at(2),
      kept: true,
    });
    expect(orders([says()], before, false)).toMatchObject({ primary: at(2), kept: true });
  });

  test("is believed when it says something newer, or of the same age", () => {
    expect(orders([says({ port: 3, epoch: 3 })], before, false)).toMatchObject({
      primary: at(3),
      kept: false,
    });
    expect(orders([says({ port: 2, epoch: 2 })], before, false)).toMatchObject({
      primary: at(2),
      kept: false,
    });
  });

  test("may add what is new", () => {
    const view = viewOf([says({ name: "users", port: 9 })], before, false);
    expect([...view.keys()]).toEqual(["orders", "users"]);
  });
});

test("a majority may take away, and may begin anew at a lower epoch", () => {
  const before = viewOf([says({ port: 2, epoch: 2 })], none, true);
  expect(orders([says()], before)).toBeUndefined();
  expect(orders([says({ port: 1, epoch: 0 })], before)).toMatchObject({ primary: at(1), kept: false });
});
