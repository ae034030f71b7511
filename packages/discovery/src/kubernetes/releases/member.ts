import type { Condition } from "../../instance/condition.ts";
import type { Recognition } from "../profiles/convention.ts";
import type { ServiceRecord, SliceRecord } from "../profiles/objects.ts";
import { condition } from "./reasons.ts";
import type { Reason } from "./reasons.ts";

/** A Service of a release, how it was recognised, and its slices. */
export interface Member {
  readonly service: ServiceRecord;
  readonly recognition: Recognition;
  readonly slices: Iterable<SliceRecord>;
}

/** A condition of a Service. */
export function about({ service }: Member, reason: Reason, message: string): Condition {
  return condition(reason, `Service ${service.namespace}/${service.name}`, message);
}
