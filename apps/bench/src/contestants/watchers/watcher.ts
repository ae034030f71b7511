/** A way to keep a set of Kubernetes objects current, as a program would use it: with its own defaults. */
export interface Watcher {
  /** Services of the namespace, and their EndpointSlices too where asked for. */
  open(server: WatchedServer, options: { readonly slices: boolean; readonly resyncMs?: number }): Watched;
}

export interface WatchedServer {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly namespace: string;
}

/** What is known of the cluster. */
export interface Watched {
  /** Objects that are held: Services, and slices where they are watched. */
  readonly objects: number;
  /** What it thinks that this Service's label `version` says. */
  versionOf(service: string): string | undefined;
  close(): Promise<void>;
}

/** `make-informer-restarted` does what the documentation of client-node shows: start again 5 s after an error. */
export type WatcherName = "fleet" | "make-informer" | "make-informer-restarted" | "kubernetes-fluent-client";

/** From the bench to the process of a watcher; `KUBECONFIG` names the server for those that read it there. */
export type WatcherRequest =
  | { readonly type: "load"; readonly watcher: WatcherName; readonly server: WatchedServer }
  /** Holds that many objects, in a heap that is collected before and after. */
  | { readonly type: "hold"; readonly objects: number; readonly slices: boolean }
  | { readonly type: "idle"; readonly ms: number }
  | { readonly type: "release" }
  | { readonly type: "open" }
  | { readonly type: "look"; readonly service: string };

export interface Holding {
  readonly syncedMs: number;
  readonly heapBytes: number;
  readonly longestBlockMs: number;
  readonly rssMiB: number;
}
