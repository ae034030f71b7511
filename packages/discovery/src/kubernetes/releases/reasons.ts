import type { Condition } from "../../instance/condition.ts";

/** Every reason of a condition that Kubernetes gives; the README says what each means. */
export const reasons = [
  "NoPort",
  "PortOutOfRange",
  "ExternalName",
  "RefusedAddress",
  "NoAddress",
  "InvalidName",
  "NameTaken",
  "NameShared",
  "SeveralPrimaries",
  "NoPrimary",
  "Unrecognised",
  "InvalidAnnotation",
  "Ignored",
  "ClusterMode",
  "DefaultPasswordWithheld",
  "MissingRight",
  "PodUnreadable",
  "NoNamespace",
  "EmptyNamespace",
] as const;

export type Reason = (typeof reasons)[number];

/** A condition of ours. */
export function condition(reason: Reason, object: string, message: string): Condition {
  return { reason, object, message };
}
