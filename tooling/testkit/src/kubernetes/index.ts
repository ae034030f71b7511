export { kubernetesAvailable } from "./kubernetes-available.ts";
export { endpointSlice, namespace, node, pod, secret, service, serviceAccount } from "./objects.ts";
export { startKubernetes } from "./start-kubernetes.ts";
export { StatusError } from "./status-error.ts";

export type { KubernetesObject } from "./object.ts";
export type { KubernetesServer, StartKubernetesOptions } from "./start-kubernetes.ts";
