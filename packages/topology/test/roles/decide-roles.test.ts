import { seededRandom } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import type { RoleReply } from "../../src/roles/ask-role.ts";
import { type Claim, decideRoles } from "../../src/roles/decide-roles.ts";

const primary = (...replicas: readonly string[]): RoleReply => ({ role: "primary", replicas });
const replicaOf = (address: string): RoleReply => ({ role: "replica", primary: address });

/** An endpoint that was never asked, unless it is said what it answered. */
function claim(address: string, facts: Partial<Claim> = {}): Claim {
  const isCurrent = facts.said !== undefined;
  return {
    address,
    hint: "unknown",
    said: undefined,
    isCurrent,
    isRefused: false,
    hasMoved: true,
    wasAsked: true,
    ...facts,
  };
}

function roles(claims: readonly Claim[], favourite?: Claim): readonly string[] {
  return decideRoles(claims, favourite).roles;
}

describe("one primary", () => {
  test("is who says so, whatever the sources say", () => {
    expect(
      roles([
        claim("a", { hint: "primary", said: replicaOf("b") }),
        claim("b", { hint: "replica", said: primary("a") }),
      ]),
    ).toEqual(["replica", "primary"]);
  });

  test("is whom the source names while nobody was asked", () => {
    expect(roles([claim("a", { hint: "primary" }), claim("b", { hint: "replica" })])).toEqual([
      "primary",
      "replica",
    ]);
  });

  test("makes another that was only named, or said so before it went silent, unknown", () => {
    expect(
      roles([
        claim("a", { hint: "primary" }),
        claim("b", { said: primary() }),
        claim("c", { said: primary("x"), isCurrent: false }),
      ]),
    ).toEqual(["unknown", "primary", "unknown"]);
  });

  test("stays the primary while it does not answer and nobody else says so", () => {
    expect(
      roles([claim("a", { said: primary("b"), isCurrent: false }), claim("b", { said: replicaOf("a") })]),
    ).toEqual(["primary", "replica"]);
  });

  test("that refused a write is a replica until it was asked", () => {
    expect(roles([claim("a", { said: primary("b"), isRefused: true }), claim("b")])).toEqual([
      "replica",
      "unknown",
    ]);
    expect(roles([claim("a", { isRefused: true })])).toEqual(["replica"]);
  });
});

describe("two that say they are the primary", () => {
  const a = claim("a", { said: primary() });
  const b = claim("b", { said: primary("c", "d") });

  test("are told apart by whom the replicas name", () => {
    const replicas = [claim("c", { said: replicaOf("a") }), claim("d", { said: replicaOf("a") })];
    expect(roles([a, b, ...replicas], b)).toEqual(["primary", "unknown", "replica", "replica"]);
  });

  test("but not before everybody was asked again: an older word may name the primary of before", () => {
    const replica = claim("c", { said: replicaOf("a"), wasAsked: false });
    expect(roles([a, b, replica], b)).toEqual(["unknown", "primary", "replica"]);
    expect(roles([a, b, replica])).toEqual(["replica", "replica", "replica"]);
  });

  test("but not by those that still follow the one of before, which failed and is back", () => {
    const behind = [
      claim("c", { said: replicaOf("b"), hasMoved: false }),
      claim("d", { said: replicaOf("b"), hasMoved: false }),
    ];
    expect(roles([a, b, ...behind], a)).toEqual(["primary", "unknown", "replica", "replica"]);
    // One of them has left it: whom it follows now counts.
    const left = { ...claim("d", { said: replicaOf("a") }) };
    expect(roles([a, b, behind[0] as Claim, left], b)).toEqual(["primary", "unknown", "replica", "replica"]);
    // Where nobody is favoured, all count.
    expect(roles([a, b, ...behind])).toEqual(["unknown", "primary", "replica", "replica"]);
  });

  test("else by how many replicas are connected, as these may be known by other names", () => {
    expect(roles([a, b, claim("c", { said: replicaOf("10.0.0.9:6379") })], a)).toEqual([
      "unknown",
      "primary",
      "replica",
    ]);
  });

  test("else it is the favourite", () => {
    const c = claim("c", { said: primary() });
    expect(roles([a, c], c)).toEqual(["unknown", "primary"]);
  });

  test("else neither, nor anybody else: no write is guessed", () => {
    const {
      roles,
      claimants,
      primary: kept,
    } = decideRoles([a, claim("b", { said: primary() }), claim("c")], undefined);
    expect(roles).toEqual(["replica", "replica", "replica"]);
    expect(claimants.map(({ address }) => address)).toEqual(["a", "b"]);
    expect(kept).toBeUndefined();
  });

  test("a replica that does not answer any more has no vote", () => {
    const silent = claim("c", { said: replicaOf("a"), isCurrent: false });
    expect(roles([a, b, silent])).toEqual(["unknown", "primary", "replica"]);
    expect(roles([a, b, silent], b)).toEqual(["unknown", "primary", "replica"]);
  });
});

describe("two whom sources name", () => {
  test("are not written to, unless one of them is the favourite", () => {
    const both = [claim("a", { hint: "primary" }), claim("b", { hint: "primary" })];
    expect(roles(both)).toEqual(["replica", "replica"]);
    expect(roles(both, both[1])).toEqual(["unknown", "primary"]);
  });
});

describe("whatever was said", () => {
  test("at most one may be written to where anybody claims to be the primary, and never one that has refused", () => {
    const random = seededRandom(20_26);
    const oneOf = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    for (let turn = 0; turn < 5000; turn += 1) {
      const claims = ["a", "b", "c", "d"].slice(0, 1 + Math.floor(random() * 4)).map((address) =>
        claim(address, {
          hint: oneOf("primary", "replica", "unknown"),
          said: oneOf(undefined, primary(), primary("c", "d"), replicaOf("a"), replicaOf("b")),
          isCurrent: random() < 0.7,
          isRefused: random() < 0.2,
          hasMoved: random() < 0.5,
          wasAsked: random() < 0.7,
        }),
      );
      const { roles, claimants, primary: kept } = decideRoles(claims, oneOf(undefined, ...claims));
      // Where no primary is known, those that are unknown are written to.
      const writable = roles.filter((role) => role === (kept === undefined ? "unknown" : "primary"));
      const most = kept !== undefined ? 1 : claimants.length > 0 ? 0 : claims.length;
      expect(writable.length).toBeLessThanOrEqual(most);
      expect(claims.filter(({ isRefused }, index) => isRefused && roles[index] !== "replica")).toEqual([]);
    }
  });
});
