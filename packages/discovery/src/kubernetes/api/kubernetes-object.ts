/** What every object of an API server has. The rest is as the server sends it: sure is only that it was JSON. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMetadata;
}

export interface ObjectMetadata {
  /** Identity: the same name with another uid is another object. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly creationTimestamp?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
