import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";

import { packages, paths, text } from "../src/rooms.ts";

interface Import {
  readonly path: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Every import of a file, `import()` and re-exports included. */
function importsOf(path: string): readonly Import[] {
  const source = text(path);
  const { module } = parseSync(path, source);
  return [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      path,
      from: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ path, from: moduleRequest.value, typeOnly: isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => ({
      path,
      from: source.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      typeOnly: false,
    })),
  ];
}

const imports = paths(["packages/*/src/**/*.ts", "apps/{gateway,worker}/src/**/*.ts"]).flatMap(importsOf);

describe("a library of the outside world is imported in its rooms", () => {
  test.for([
    // The worker makes the connections that it hands to the engine, and those of its own sink.
    ["ioredis", ["packages/pool/src/ioredis/", "apps/worker/src/redis.ts", "apps/worker/src/sinks/"]],
    ["cockatiel", ["packages/breaker/src/"]],
    // @fleet/metrics observes a fleet, and the worker has none: its register is its own.
    ["prom-client", ["packages/metrics/src/", "apps/worker/src/metrics.ts"]],
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

describe("the arrows", () => {
  const runtime = (name: string): readonly string[] =>
    imports
      .filter(
        ({ path, from, typeOnly }) =>
          path.startsWith(`packages/${name}/`) && from.startsWith("@fleet/") && !typeOnly,
      )
      .map(({ from }) => from);

  test.for(packages.filter((name) => name !== "client"))(
    "@fleet/%s imports no other room at run time",
    (name) => {
      expect(runtime(name)).toEqual([]);
    },
  );

  test("@fleet/client composes the leaves and nothing else", () => {
    const leaves = new Set(
      ["breaker", "discovery", "isolation", "pool", "pool/ioredis", "router"].map((leaf) => `@fleet/${leaf}`),
    );
    expect(runtime("client").filter((from) => !leaves.has(from))).toEqual([]);
  });

  test("nobody imports an app", () => {
    const apps = new Set(paths("apps/*/package.json").map((path) => `@fleet/${path.split("/")[1]!}`));
    expect(imports.filter(({ from }) => apps.has(from))).toEqual([]);
  });
});

test("packages neither log nor read the environment", () => {
  const guilty = paths("packages/*/src/**/*.ts").filter((path) =>
    /\bconsole\.\w+\(|\bprocess\.env\b/.test(text(path)),
  );
  expect(guilty).toEqual([]);
});

test("an index names what it exports", () => {
  const starred = paths(["packages/*/src/index.ts", "packages/*/src/*/index.ts"]).filter((path) =>
    /export \*|export default/.test(text(path)),
  );
  expect(starred).toEqual([]);
});
