/**
 * A Secret cannot be used, or is used as it was when the API server last answered. The message names keys, which are no secret,
 * and never a value.
 */
export class SecretError extends Error {
  override readonly name = "SecretError";
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
