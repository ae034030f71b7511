import { seededRandom } from "@fleet/testkit";
import { describe, expect, it } from "vitest";

import { roundRobin, Router, type Target } from "../../src/index.ts";
import { targets } from "../targets.ts";

const read = { group: "g", access: "read" } as const;

function turns(router: Router<Target>, count: number): string {
  return Array.from({ length: count }, () => router.pick(read).target.id.slice(1)).join("");
}

describe("round robin", () => {
  it("takes each in turn", () => {
    const router = new Router<Target>({ policy: roundRobin(), random: () => 0 });
    router.update(targets(4));
    expect(turns(router, 8)).toBe("01230123");
  });

  it("skips who is not eligible, and nobody twice for it", () => {
    let down = "t2";
    const router = new Router<Target>({
      policy: roundRobin(),
      random: () => 0,
      eligible: ({ id }) => id !== down,
    });
    router.update(targets(4));
    expect(turns(router, 6)).toBe("013013");
    down = "t0";
    expect(turns(router, 6)).toBe("123123");
  });

  it("goes on after an update where it was, also when members went", () => {
    const router = new Router<Target>({ policy: roundRobin(), random: () => 0 });
    router.update(targets(4));
    expect(turns(router, 2)).toBe("01");
    router.update(targets(4).map((member) => ({ ...member })));
    expect(turns(router, 2)).toBe("23");
    router.update(targets(2));
    expect(turns(router, 4)).toBe("0101");
  });

  it("starts anywhere, so that a fleet of gateways does not begin with the same target", () => {
    const random = seededRandom(3);
    const first = Array.from({ length: 200 }, () => {
      const router = new Router<Target>({ policy: roundRobin(), random });
      router.update(targets(4));
      return router.pick(read).target.id;
    });
    for (const { id } of targets(4)) expect(first.filter((each) => each === id).length).toBeGreaterThan(30);
  });

  it("keeps one turn per name and access", () => {
    const router = new Router<Target>({ policy: roundRobin(), random: () => 0 });
    router.update(targets(3));
    expect(turns(router, 1)).toBe("0");
    expect(router.pick({ group: "g", access: "write" }).target.id).toBe("t0");
    expect(turns(router, 1)).toBe("1");
  });
});
