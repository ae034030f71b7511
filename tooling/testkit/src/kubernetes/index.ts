export { startApiServerDouble } from "./double/api-server-double.ts";
export { kubeconfig } from "./kubeconfig.ts";
export { kubernetesAvailable } from "./kubernetes-available.ts";
export { endpointSlice, namespace, node, pod, secret, service, serviceAccount } from "./objects.ts";
export { startKubernetes } from "./start-kubernetes.ts";
export { StatusError } from "./status-error.ts";

export type { AnyApiServer } from "./any-api-server.ts";
export type { ApiServerDouble, ApiServerDoubleOptions } from "./double/api-server-double.ts";
export type { DoubleFault } from "./double/double-fault.ts";
export type { KubernetesObject } from "./object.ts";
export type { KubernetesServer, StartKubernetesOptions } from "./start-kubernetes.ts";
