import { expectTypeOf, test } from "vitest";

import { Namespace } from "../src/index.ts";
import type {
  Access,
  Command,
  CommandNotAllowedError,
  Lane,
  RefusalReason,
  ScopedCommand,
} from "../src/index.ts";

test("a command is a name and flat text or bytes", () => {
  expectTypeOf<["GET", "k"]>().toExtend<Command>();
  expectTypeOf<["SET", "k", Buffer]>().toExtend<Command>();
  expectTypeOf<readonly string[]>().not.toExtend<Command>();
  expectTypeOf<["GET", ["k"]]>().not.toExtend<Command>();
  expectTypeOf<["GET", number]>().not.toExtend<Command>();
});

test("scope answers what to send and how", () => {
  const scoped = Namespace.dedicated().scope(["GET", "k"]);
  expectTypeOf(scoped).toEqualTypeOf<ScopedCommand>();
  expectTypeOf(scoped.access).toEqualTypeOf<Access>();
  expectTypeOf(scoped.lane).toEqualTypeOf<Lane>();
  expectTypeOf(scoped.restore<string | null>).returns.toEqualTypeOf<string | null>();
});

test("a refusal's reason is one of a few literals", () => {
  expectTypeOf<CommandNotAllowedError["reason"]>().toEqualTypeOf<RefusalReason>();
  expectTypeOf<"blocking">().toExtend<RefusalReason>();
});

test("a namespace is made by its two makers only", () => {
  // @ts-expect-error The constructor is private.
  expectTypeOf(new Namespace("a")).toEqualTypeOf<Namespace>();
});
