import type { EndpointInput, InstanceInput } from "./instance-input.ts";
import type { Endpoint, Instance } from "./instance.ts";

/** An instance with its defaults, frozen. What it is made from is not checked. */
export function completeInstance(input: InstanceInput): Instance {
  const { name, uid = name, labels = {}, state = "ready", reads = "primary" } = input;
  return Object.freeze({
    name,
    uid,
    ...defined({ namespace: input.namespace, group: input.group }),
    endpoints: Object.freeze(input.endpoints.map((endpoint) => completeEndpoint(name, endpoint))),
    labels: Object.freeze({ ...labels }),
    ...defined({
      tls: input.tls && Object.freeze(defined(input.tls)),
      credentials: input.credentials && Object.freeze(defined(input.credentials)),
    }),
    state,
    reads,
  });
}

function completeEndpoint(instance: string, input: EndpointInput): Endpoint {
  const { host, port, uid = `${instance}/${host}:${port}`, role = "unknown" } = input;
  return Object.freeze({ uid, host, port, role, ...defined({ zone: input.zone }) });
}

/** Without the fields that are undefined. */
function defined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
