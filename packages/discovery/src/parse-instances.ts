import type { z } from "zod";

import { shown } from "./fault.ts";
import type { Fault } from "./fault.ts";
import type { EndpointInput, InstanceInput } from "./instance-input.ts";
import type { Endpoint, Instance } from "./instance.ts";
import { document } from "./schema.ts";
import { repetitionFaults } from "./uniqueness.ts";

export type Parsed =
  | { readonly instances: readonly Instance[]; readonly faults?: undefined }
  | { readonly faults: readonly Fault[]; readonly instances?: undefined };

/** Reads `{ instances: [...] }`: the instances with their defaults, frozen, or every fault there is. */
export function parseInstances(input: unknown): Parsed {
  const result = document.safeParse(input);
  const faults = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, input))),
    ...repetitionFaults(input),
  ];
  if (!result.success || faults.length > 0) return { faults };
  return { instances: Object.freeze(result.data.instances.map(completed)) };
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown): readonly Fault[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "is not a known field" }));
  if (issue.code === "invalid_key")
    return [{ path: issue.path, message: "must have a name of 1 to 253 characters" }];
  return [{ path: issue.path, message: `${issue.message}, got ${shown(input, issue.path)}` }];
}

function completed(input: InstanceInput): Instance {
  const { name, uid = name, labels = {}, state = "ready", reads = "primary" } = input;
  return Object.freeze({
    name,
    uid,
    ...defined({ namespace: input.namespace, group: input.group }),
    endpoints: Object.freeze(input.endpoints.map((endpoint) => completedEndpoint(name, endpoint))),
    labels: Object.freeze({ ...labels }),
    ...defined({
      tls: input.tls && Object.freeze(defined(input.tls)),
      credentials: input.credentials && Object.freeze(defined(input.credentials)),
    }),
    state,
    reads,
  });
}

function completedEndpoint(instance: string, input: EndpointInput): Endpoint {
  const { host, port, uid = `${instance}/${host}:${port}`, role = "unknown" } = input;
  return Object.freeze({ uid, host, port, role, ...defined({ zone: input.zone }) });
}

/** Without the fields that are undefined. */
function defined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
