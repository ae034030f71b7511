import { Resolver } from "node:dns/promises";

import { expectTypeOf, test } from "vitest";

import { DnsSource } from "../../src/index.ts";
import type { DnsInstance, DnsResolver, InstanceSource } from "../../src/index.ts";

test("a Resolver of Node is one as it is", () => {
  expectTypeOf<Resolver>().toExtend<DnsResolver>();
  expectTypeOf<DnsSource>().toExtend<InstanceSource>();
});

test("an instance has a host or a service, and its port only with a host", () => {
  expectTypeOf({ name: "a", host: "h", port: 1 }).toExtend<DnsInstance>();
  expectTypeOf({ name: "a", srv: "_redis._tcp.h" }).toExtend<DnsInstance>();
  expectTypeOf<{ name: string }>().not.toExtend<DnsInstance>();
  expectTypeOf<{ name: string; host: string; srv: string }>().not.toExtend<DnsInstance>();
  expectTypeOf<{ name: string; srv: string; port: number }>().not.toExtend<DnsInstance>();
});
