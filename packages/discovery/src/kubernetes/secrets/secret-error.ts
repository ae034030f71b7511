/**
 * A Secret cannot be used, or is used as it was when the API server last answered. The message names keys, which are no secret,
 * and never a value.
 */
export class SecretError extends Error {
  override readonly name = "SecretError";
  /**
   * @code FLEET_DISCOVERY_SECRET_MISSING There is no such Secret.
   * @retry at the next dial
   * @remedy Create the Secret, or remove the reference.
   * @code FLEET_DISCOVERY_SECRET_KEY_MISSING The Secret has no value for the key.
   * @retry at the next dial
   * @remedy Add the key; the message names the keys that the Secret has.
   * @code FLEET_DISCOVERY_SECRET_REFERENCE The reference does not have the form of one. It is not repeated, because
   *   it may be the secret itself.
   * @retry no
   * @remedy Write `secret:namespace/name/key` for a password, `namespace/name` for certificates.
   * @code FLEET_DISCOVERY_SECRET_STALE The API server could not be asked about a Secret or a Pod.
   * @retry at the next dial
   * @remedy Look at `cause`. The last known answer about the Secret or the Pod is used until then.
   */
  readonly code:
    | "FLEET_DISCOVERY_SECRET_MISSING"
    | "FLEET_DISCOVERY_SECRET_KEY_MISSING"
    | "FLEET_DISCOVERY_SECRET_REFERENCE"
    | "FLEET_DISCOVERY_SECRET_STALE";

  constructor(code: SecretError["code"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** @param keys of the Secret, which the error names. */
export function keyMissing(secret: string, wanted: string, keys: readonly string[]): SecretError {
  return new SecretError(
    "FLEET_DISCOVERY_SECRET_KEY_MISSING",
    `the Secret ${secret} has no value for ${wanted}; its keys are ${keys.length === 0 ? "none" : keys.join(", ")}`,
  );
}

export function isForbidden(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 403;
}
