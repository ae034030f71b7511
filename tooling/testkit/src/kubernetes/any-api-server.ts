import type { ApiServerDouble } from "./double/api-server-double.ts";
import type { KubernetesServer } from "./start-kubernetes.ts";

/** What the real one and its double have in common, for suites that run on both. */
export type AnyApiServer = Pick<
  ApiServerDouble & KubernetesServer,
  | "host"
  | "port"
  | "url"
  | "ca"
  | "adminToken"
  | "apply"
  | "patch"
  | "delete"
  | "list"
  | "kill"
  | "restart"
  | "pause"
  | "resume"
  | "compact"
  | "backup"
  | "restore"
>;
