export { missingRights } from "./api/access-review.ts";
export { ApiError, KubeconfigError } from "./api/api-error.ts";
export { ApiServer, apiServerRules } from "./api/api-server.ts";
export { KubernetesSource } from "./kubernetes-source.ts";
export { Reflector } from "./reflector/reflector.ts";
export { SecretError } from "./secrets/secret-error.ts";
export { KubernetesSecrets, secretsRules } from "./secrets/secrets.ts";

export type { Clock } from "@fleet/time";
export type { ApiErrorFacts, ApiRequestName } from "./api/api-error.ts";
export type { ResourceName } from "./api/api-path.ts";
export type {
  ApiGetOptions,
  ApiRequestOptions,
  ApiServerOptions,
  ApiWatchOptions,
} from "./api/api-server.ts";
export type { ApiServerByHand } from "./api/explicit-access.ts";
export type { DefaultCredentials } from "./releases/credentials.ts";
export type { KubernetesObject, ObjectMetadata } from "./api/kubernetes-object.ts";
export type { KubernetesSourceOptions } from "./kubernetes-options.ts";
export type { EndpointRecord, PortRecord, ServiceRecord, SliceRecord } from "./profiles/objects.ts";
export type { ProfileName } from "./profiles/profile-name.ts";
export type {
  LabelPatterns,
  Profile,
  RelabelRule,
  ServiceKind,
  ServiceRule,
  Sign,
} from "./profiles/profile.ts";
export type { ReflectorHandler, ReflectorOptions } from "./reflector/reflector-options.ts";
export type { SecretTls } from "./secrets/secret-tls.ts";
export type {
  KubernetesSecretsOptions,
  PasswordOptions,
  SecretCredentials,
  TlsOptions,
} from "./secrets/secrets.ts";
export type { UnrecognisedService } from "./releases/strangers.ts";
export type { WatchEvent } from "./api/watch-event.ts";
export type { PodPassword } from "./secrets/pod-passwords.ts";
export type { FoundPassword } from "./secrets/password-in-text.ts";
