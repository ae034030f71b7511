import { expectTypeOf, test } from "vitest";

import { Discovery, FileSource, StaticSource } from "../../src/index.ts";
import type { Endpoint, Instance, InstanceChange, InstanceInput, InstanceSource } from "../../src/index.ts";

test("a name and its endpoints are an instance already", () => {
  expectTypeOf({ name: "a", endpoints: [{ host: "h", port: 1 }] }).toExtend<InstanceInput>();
  expectTypeOf<{ name: string }>().not.toExtend<InstanceInput>();
  // What came out may go in again.
  expectTypeOf<Instance>().toExtend<InstanceInput>();
});

test("an instance is complete and cannot be written to", () => {
  expectTypeOf<Instance["uid"]>().toEqualTypeOf<string>();
  expectTypeOf<Instance["endpoints"]>().toEqualTypeOf<readonly Endpoint[]>();
  expectTypeOf<Instance["labels"]>().toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf<Endpoint["role"]>().toEqualTypeOf<"primary" | "replica" | "unknown">();
});

test("only an update has a previous instance", () => {
  expectTypeOf<Extract<InstanceChange, { previous: Instance }>["type"]>().toEqualTypeOf<"updated">();
});

test("the sources are sources, and a discovery is disposed of", () => {
  expectTypeOf<StaticSource>().toExtend<InstanceSource>();
  expectTypeOf<FileSource>().toExtend<InstanceSource>();
  expectTypeOf<Discovery>().toExtend<AsyncDisposable>();
});
