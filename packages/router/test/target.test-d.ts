import { describe, expectTypeOf, it } from "vitest";

import { Router, type PickRequest, type Target, type Ticket } from "../src/index.ts";

/** Somebody's own endpoint: knows nothing of this package, and more than it asks for. */
interface Endpoint {
  id: string;
  instance: string;
  group?: string;
  role: "primary" | "replica" | "unknown";
  state: "ready" | "drain" | "maintenance";
  reads: "primary" | "replica" | "any";
  host: string;
  port: number;
}

describe("types", () => {
  it("an object with the right fields is a target and comes back as its own type", () => {
    expectTypeOf<Endpoint>().toExtend<Target>();
    const router = new Router<Endpoint>({ eligible: (endpoint) => endpoint.port > 0 });
    const ticket = router.pick({ instance: "orders", access: "read" });
    expectTypeOf(ticket).toEqualTypeOf<Ticket<Endpoint>>();
    expectTypeOf(ticket.target).toEqualTypeOf<Endpoint>();
  });

  it("a request names exactly one of instance and group", () => {
    expectTypeOf<{ instance: string; access: "read" }>().toExtend<PickRequest<Endpoint>>();
    expectTypeOf<{ group: string; access: "write"; exclude: Endpoint[] }>().toExtend<PickRequest<Endpoint>>();
    expectTypeOf<{ access: "read" }>().not.toExtend<PickRequest<Endpoint>>();
    expectTypeOf<{ instance: string; group: string; access: "read" }>().not.toExtend<PickRequest<Endpoint>>();
  });

  it("a ticket is for using", () => {
    expectTypeOf<Ticket<Endpoint>>().toExtend<Disposable>();
  });
});
