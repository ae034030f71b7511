import type { KubernetesObject } from "./object.ts";

/** What one may do, as RBAC says it; in one namespace, or with `clusterWide` in all. */
export interface Rights {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  /** Where the account is, and where it may. @default "default" */
  readonly namespace?: string;
  /** @default false */
  readonly clusterWide?: boolean;
}

/** The role and the binding that give an account its rights. */
export function rightsOf(account: string, rights: Rights): readonly KubernetesObject[] {
  const { rules, namespace = "default", clusterWide = false } = rights;
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const role = clusterWide ? "ClusterRole" : "Role";
  const metadata = clusterWide ? { name: `${namespace}-${account}` } : { name: account, namespace };
  return [
    { apiVersion, kind: role, metadata, rules },
    {
      apiVersion,
      kind: `${role}Binding`,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: role, name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    },
  ];
}
