import type { CredentialsReference, Reads, Role, State, TlsReference } from "./instance.ts";

/** The same record, where a field that is undefined counts as absent. */
type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** An endpoint as people write it. */
export interface EndpointInput {
  /** @default `<instance>/<host>:<port>` */
  readonly uid?: string | undefined;
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** @default "unknown" */
  readonly role?: Role | undefined;
  readonly zone?: string | undefined;
}

/** An instance as people write it, in code or in a file. Only the name and the endpoints have no default. */
export interface InstanceInput {
  readonly name: string;
  /** At least one; no `host:port` twice; at most one primary. */
  readonly endpoints: readonly EndpointInput[];
  /** @default the name */
  readonly uid?: string | undefined;
  readonly namespace?: string | undefined;
  readonly group?: string | undefined;
  /** @default {} */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly tls?: Loose<TlsReference> | undefined;
  readonly credentials?: Loose<CredentialsReference> | undefined;
  /** @default "ready" */
  readonly state?: State | undefined;
  /** @default "primary" */
  readonly reads?: Reads | undefined;
}

/** An instance whose endpoints somebody else knows, and the name to ask for: one of `host` and `srv`. */
export type NamedInput = Omit<InstanceInput, "endpoints"> & {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly srv?: string | undefined;
};
