export { missingRights } from "./access-review.ts";
export { SecretError } from "./secret-error.ts";
export { KubernetesSecrets } from "./secrets.ts";
export type { Right } from "./access-review.ts";
export type { EndpointRecord, PortRecord, ServiceRecord, SliceRecord } from "./objects.ts";
