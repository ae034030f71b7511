import type { z } from "zod";

import { completeInstance } from "./complete-instance.ts";
import { shown } from "./fault.ts";
import type { Fault } from "./fault.ts";
import type { Instance } from "./instance.ts";
import { document } from "./schema.ts";
import { repetitionFaults } from "./uniqueness.ts";

export type Parsed<T = Instance> =
  | { readonly instances: readonly T[]; readonly faults?: undefined }
  | { readonly faults: readonly Fault[]; readonly instances?: undefined };

/** Reads `{ instances: [...] }`: the instances with their defaults, frozen, or every fault there is. */
export function parseInstances(input: unknown): Parsed {
  const { instances, faults } = parseList(document, input);
  return faults === undefined ? { instances: Object.freeze(instances.map(completeInstance)) } : { faults };
}

/** Reads a list by its schema: as it was written, or every fault there is, repetitions among them. */
export function parseList<T>(schema: z.ZodType<{ instances: T[] }>, input: unknown): Parsed<T> {
  const result = schema.safeParse(input);
  const faults = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, input))),
    ...repetitionFaults(input),
  ];
  return result.success && faults.length === 0 ? result.data : { faults };
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): readonly Fault[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "is not a known field" }));
  if (issue.code === "invalid_key")
    return [{ path: issue.path, message: "must have a name of 1 to 253 characters" }];
  return [{ path: issue.path, message: `${issue.message}, got ${shown(input, issue.path)}` }];
}
