/** What a server process is in its replication; `unknown` until it was asked. */
export type Role = "primary" | "replica" | "unknown";

/** `ready`: traffic. `drain`: no new traffic. `maintenance`: no traffic and no checks. */
export type State = "ready" | "drain" | "maintenance";

/**
 * Where reads of an instance may go. `primary`: never anywhere else, so never stale. `replica`: to replicas while one is
 * eligible, else to the primary. `any`: to both.
 */
export type Reads = "primary" | "replica" | "any";

/** One server process. Pools and breakers are kept per endpoint, by `uid`. */
export interface Endpoint {
  readonly uid: string;
  /** A host name or an IP address (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
  readonly role: Role;
  /** The failure domain it runs in, as the cloud names it. */
  readonly zone?: string;
  /** It still serves but is on its way out, as a terminating Pod: used only when no other endpoint is left. */
  readonly leaving?: true;
}

/** How to speak TLS to an instance; `{}` is TLS with the machine's own certificate authorities. */
export interface TlsReference {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /**
   * A Kubernetes Secret, `namespace/name`: `ca.crt` and, for a client certificate, `tls.crt` and `tls.key`. A single one must be there.
   * Of a list, the first that has certificates; in it `pod:namespace/name` is what the Redis of that Pod says.
   */
  readonly secret?: string | readonly string[];
  /** TLS is only spoken where a Pod of that list says so. */
  readonly optional?: true;
  /** The name the certificate must carry, when it is not the host that is dialled; of a list, one of them. */
  readonly servername?: string | readonly string[];
}

/** Where the credentials are; never the credentials. */
export interface CredentialsReference {
  readonly username?: string;
  /**
   * `env:NAME`, `file:/path`, `secret:NAMESPACE/NAME/KEY` (a Kubernetes Secret) or `pod:NAMESPACE/NAME` (the Secret that the
   * environment or the volumes of a Pod name). A single one must lead somewhere. Of a list, the first that exists; where none
   * does, the instance is taken to have no password.
   */
  readonly password?: string | readonly string[];
}

/** One logical Redis, found by name. */
export interface Instance {
  /** A DNS label (RFC 1123, at most 63 characters); unique in a fleet. */
  readonly name: string;
  /** Identity over time: the same name with another uid is another Redis. */
  readonly uid: string;
  readonly namespace?: string;
  /** None: the instance is known, and no server of it runs now. */
  readonly endpoints: readonly Endpoint[];
  /** Instances of one group are interchangeable. */
  readonly group?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tls?: TlsReference;
  readonly credentials?: CredentialsReference;
  readonly state: State;
  readonly reads: Reads;
  /** The convention by which a source recognised it, such as `bitnami-redis`. */
  readonly profile?: string;
  /** Its keys are spread over the slots of a Redis Cluster. */
  readonly cluster?: true;
  /** Where its Sentinels listen and what they call it, for whoever wants to ask them. */
  readonly sentinel?: { readonly host: string; readonly port: number; readonly master: string };
}
