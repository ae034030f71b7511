export type Access = "read" | "write";
type Role = "primary" | "replica" | "unknown";
type State = "ready" | "drain" | "maintenance";

/** What the router needs to know of an endpoint. Give it your own richer objects: a pick hands the same object back. */
export interface Target {
  /** Stable and unique; in-flight counts and latencies follow it from one `update()` to the next. */
  readonly id: string;
  /** Name of the instance that the endpoint belongs to. */
  readonly instance: string;
  /** Name behind which several instances are interchangeable. */
  readonly group?: string;
  readonly role: Role;
  readonly state: State;
  /** Where reads may go: the primary, replicas while one is usable (else the primary), or any endpoint. */
  readonly reads: "primary" | "replica" | "any";
}

/** An instance that is known, with nothing to pick behind it: no server of it runs now, or its keys are spread over a cluster. */
export interface Vacancy {
  readonly reason: "no-endpoints" | "cluster";
  readonly group?: string;
}
