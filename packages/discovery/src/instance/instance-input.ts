import type { CredentialsReference, Reads, Role, State, TlsReference } from "./instance.ts";

/** The same record, where a field that is undefined counts as absent. */
type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** An endpoint as people write it. */
export interface EndpointInput {
  /** Identifies the endpoint for as long as it lives. @default `<instance>/<host>:<port>` */
  readonly uid?: string | undefined;
  /** A host name or an IP address. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** `primary`, `replica` or `unknown`; Redis itself has the last word. @default "unknown" */
  readonly role?: Role | undefined;
  /** The zone of the cloud in which the endpoint runs. */
  readonly zone?: string | undefined;
}

/** An instance as people write it, in code or in a file. Only the name and the endpoints have no default. */
export interface InstanceInput {
  /** Names the instance: what a caller asks for. */
  readonly name: string;
  /** At least one; no `host:port` twice; at most one primary. */
  readonly endpoints: readonly EndpointInput[];
  /** Identifies the instance for as long as it lives. @default the name */
  readonly uid?: string | undefined;
  /** The Kubernetes namespace, for what is shown of the instance. */
  readonly namespace?: string | undefined;
  /** The group to which the instance belongs. */
  readonly group?: string | undefined;
  /** Labels, for what is shown of the instance. @default {} */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How the endpoints speak TLS. */
  readonly tls?: Loose<TlsReference> | undefined;
  /** References to the user and the password, never the password itself. */
  readonly credentials?: Loose<CredentialsReference> | undefined;
  /** What an operator wants of the instance: `ready`, `drain` or `maintenance`. @default "ready" */
  readonly state?: State | undefined;
  /** Where reads may go: `primary`, `replica` (to the primary where no replica is eligible) or `any`. @default "primary" */
  readonly reads?: Reads | undefined;
}

/** An instance whose endpoints are looked up, and the name to look up: one of `host` and `srv`. */
export type NamedInput = Omit<InstanceInput, "endpoints"> & {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly srv?: string | undefined;
};
