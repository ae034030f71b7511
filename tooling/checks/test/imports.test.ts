import { describe, expect, test } from "vitest";

import { arrowTable } from "../src/architecture-tables.ts";
import { packages, paths, text } from "../src/checkout.ts";
import { importsOf } from "../src/imports.ts";

const imports = paths(["packages/*/src/**/*.ts", "apps/{gateway,worker}/src/**/*.ts"]).flatMap(importsOf);

describe("a library of the outside world is imported in its rooms", () => {
  test.for([
    // The worker makes the connections that it hands to the engine, and those of its own sink.
    ["ioredis", ["packages/pool/src/ioredis/", "apps/worker/src/parts/redis.ts", "apps/worker/src/sinks/"]],
    ["cockatiel", ["packages/breaker/src/"]],
    // @fleet/metrics observes a fleet; what an app counts of itself is in a register of its own.
    ["prom-client", ["packages/metrics/src/", "apps/gateway/src/watch/", "apps/worker/src/watch/metrics.ts"]],
    ["fastify", ["apps/gateway/src/"]],
    ["@kubernetes/client-node", ["packages/discovery/src/kubernetes/"]],
    ["pg", ["apps/worker/src/sinks/"]],
    ["@electric-sql/pglite", ["apps/worker/src/sinks/"]],
  ] as const)("%s only under %j", ([library, rooms]) => {
    const elsewhere = imports.filter(
      ({ from, path, typeOnly }) =>
        from === library && !typeOnly && !rooms.some((room) => path.startsWith(room)),
    );
    expect(elsewhere).toEqual([]);
  });
});

describe("the arrows of docs/architecture.md", () => {
  const table = arrowTable();
  const owners = paths("{packages,apps}/*/package.json").map((path) => path.split("/")[1]!);

  test("are said of each package and app, and of nothing else", () => {
    expect([...table.keys()].toSorted()).toEqual(owners.toSorted());
    for (const allowed of table.values())
      for (const name of allowed) expect([...packages, "testkit"]).toContain(name);
  });

  test.for(owners)("hold for %s, type imports included", (owner) => {
    const wrong = paths(`{packages,apps}/${owner}/src/**/*.ts`)
      .flatMap(importsOf)
      .filter(({ from }) => from.startsWith("@fleet/"))
      .filter(({ from }) => {
        const name = from.split("/")[1]!;
        return name !== owner && !table.get(owner)!.has(name);
      });
    expect(wrong).toEqual([]);
  });

  test("run one way", () => {
    const reached = (from: string): ReadonlySet<string> => {
      const seen = new Set(table.get(from));
      for (const name of seen) for (const next of table.get(name) ?? []) seen.add(next);
      return seen;
    };
    expect(owners.filter((owner) => reached(owner).has(owner))).toEqual([]);
  });
});

test("packages neither log nor read the environment", () => {
  const guilty = paths("packages/*/src/**/*.ts").filter((path) =>
    /\bconsole\.\w+\(|\bprocess\.env\b/.test(text(path)),
  );
  expect(guilty).toEqual([]);
});

test("an index names what it exports", () => {
  const starred = paths("packages/*/src/**/index.ts").filter((path) =>
    /export \*|export default/.test(text(path)),
  );
  expect(starred).toEqual([]);
});
