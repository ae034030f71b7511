/** Something about a source's world that an operator should know. It lasts as long as its cause. */
export interface Condition {
  /** A stable name, in the style of Kubernetes conditions: `NoPort`, `ExternalName`, `NameTaken`. */
  readonly reason: string;
  /** What it is about: `Service shop/orders-redis`, `endpointslices`. */
  readonly object: string;
  /** For people; never a secret. */
  readonly message: string;
}
