import type { Condition } from "../condition.ts";
import type { Recognition } from "./convention.ts";
import type { ServiceRecord, SliceRecord } from "./objects.ts";

/** A Service of a release, how it was recognised, and its slices. */
export interface Member {
  readonly service: ServiceRecord;
  readonly recognition: Recognition;
  readonly slices: Iterable<SliceRecord>;
}

/** A condition of a Service. */
export function about({ service }: Member, reason: string, message: string): Condition {
  return { reason, object: `Service ${service.namespace}/${service.name}`, message };
}
