/** A client that can be measured. One file in `peers/` exports one as `peer`; it runs in a process of its own. */
export interface Peer {
  connect(server: Address): Promise<Session>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An open client; replies are strings. */
export interface Session {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  close(): Promise<void>;
}

/** What one round of a peer sends. */
export type Workload = "get" | "set";

/** From the bench to the process of a peer. */
export type PeerRequest =
  | { readonly type: "connect"; readonly peer: string; readonly server: Address; readonly seed: number }
  | { readonly type: "round"; readonly workload: Workload; readonly roundMs: number };
