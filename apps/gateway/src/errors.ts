/** The request is not what the protocol asks for. The message is the text that is sent. */
export class MalformedError extends TypeError {
  override readonly name = "MalformedError";
  /**
   * @outcome not-sent
   * @retry no
   * @remedy Correct the request; the message says what was expected.
   */
  readonly code = "FLEET_GATEWAY_MALFORMED";
}

/** The body is larger than the gateway takes. */
export class TooLargeError extends RangeError {
  override readonly name = "TooLargeError";
  /**
   * @outcome not-sent
   * @retry no
   * @remedy Send less at a time, or raise `bodyLimitBytes`.
   */
  readonly code = "FLEET_GATEWAY_TOO_LARGE";

  constructor(limitBytes: number) {
    super(`ERR max request size exceeded: ${limitBytes} bytes are allowed`);
  }
}

/** More is under way than the gateway holds at once. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  /**
   * @outcome not-sent
   * @retry after `Retry-After`
   * @remedy Send less at a time, or raise `maxBodiesBytes`.
   */
  readonly code = "FLEET_GATEWAY_BUSY";
  readonly outcome = "not-sent";
  readonly retryAfterMs = 1000;

  constructor() {
    super("ERR the gateway holds too many large requests at the moment; try again");
  }
}

/** The reply came, and the gateway holds too many large ones to keep it until its caller has read it. */
export class AnswersFullError extends Error {
  override readonly name = "AnswersFullError";
  /**
   * @outcome unknown
   * @retry after `Retry-After`, what only reads
   * @remedy Read less at a time, or raise `maxAnswersBytes`.
   */
  readonly code = "FLEET_GATEWAY_ANSWERS_FULL";
  readonly outcome = "unknown";
  readonly retryAfterMs = 1000;

  constructor() {
    super("ERR the gateway holds too many large answers at the moment; the command was executed");
  }
}

/** The body is compressed, and would be stored as it came. */
export class ContentEncodingError extends Error {
  override readonly name = "ContentEncodingError";
  /**
   * @outcome not-sent
   * @retry no
   * @remedy Send the body without `Content-Encoding`.
   */
  readonly code = "FLEET_GATEWAY_CONTENT_ENCODING";

  constructor() {
    super("ERR a compressed body is not taken; send it without Content-Encoding");
  }
}

/** No token, a wrong one, or more than one. Which of them is not said. */
export class UnauthorizedError extends Error {
  override readonly name = "UnauthorizedError";
  /**
   * @retry no
   * @remedy Send one valid token in `Authorization: Bearer`.
   */
  readonly code = "FLEET_GATEWAY_UNAUTHORIZED";

  constructor() {
    super(
      "WRONGPASS invalid or missing auth token: send one token, in the header Authorization or as _token",
    );
  }
}

/** The token is known and may not do this. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
  /**
   * @retry no
   * @remedy Use a token with the rights and the targets that the request needs.
   */
  readonly code = "FLEET_GATEWAY_NOT_PERMITTED";
  /** What the token lacks: the port, the instance or group, or the rights for the command. */
  readonly reason: "port" | "target" | "rights";

  private constructor(message: string, reason: NotPermittedError["reason"] = "rights") {
    super(message);
    this.reason = reason;
  }

  static target(): NotPermittedError {
    return new NotPermittedError("NOPERM this token has no permissions on the instance or group", "target");
  }

  static port(): NotPermittedError {
    return new NotPermittedError("NOPERM this token has no permissions on this port", "port");
  }

  static command(name: string): NotPermittedError {
    const shown = name.length > 64 ? name.slice(0, 64) : name;
    return new NotPermittedError(
      `NOPERM this user has no permissions to run the '${shown.toLowerCase()}' command or its subcommand`,
    );
  }

  /** A read that only the token's own setting allows. */
  static extra(name: string, extra: string): NotPermittedError {
    return new NotPermittedError(
      `NOPERM this user has no permissions to run the '${name.toLowerCase()}' command or its subcommand: a read-only token runs it only where its setting allows names ${extra}`,
    );
  }
}

/** The request names no instance and its token has no default target. */
export class NoTargetError extends Error {
  override readonly name = "NoTargetError";
  /**
   * @retry no
   * @remedy Ask under `/redis/<name>`, or give the token a default target.
   */
  readonly code = "FLEET_GATEWAY_NO_DEFAULT_TARGET";

  constructor() {
    super("ERR this token has no default target; ask under /redis/<instance or group>");
  }
}

/** The URL is known, the method is not one of those it answers. */
export class MethodError extends Error {
  override readonly name = "MethodError";
  /**
   * @retry no
   * @remedy Use a method that the header `Allow` names.
   */
  readonly code = "FLEET_GATEWAY_METHOD_NOT_ALLOWED";
  readonly allowed: string;

  constructor(allowed: string) {
    super(`ERR method not allowed; allowed: ${allowed}`);
    this.allowed = allowed;
  }
}

/** The administration knows no such page. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  /**
   * @retry no
   * @remedy Use one of the pages that the README of the gateway lists.
   */
  readonly code = "FLEET_GATEWAY_NOT_FOUND";

  constructor() {
    super("ERR not found");
  }
}

/** The configuration cannot be used: one fault a line, no secret in any. The gateway does not start. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  /**
   * @retry no
   * @remedy Correct the configuration: each line of the message is a fault.
   */
  readonly code = "FLEET_GATEWAY_CONFIGURATION";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/** A reference to a secret leads nowhere. The message names the reference, which is no secret. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
  /**
   * @retry when the reference can be read
   * @remedy Set the environment variable, or mount the file, that the log names.
   */
  readonly code = "FLEET_GATEWAY_CREDENTIALS";
}

/** The one place that says with which HTTP status an error leaves the gateway. What is not listed leaves with 500. */
export const statusByCode: Readonly<Record<string, number>> = {
  FLEET_GATEWAY_MALFORMED: 400,
  FLEET_GATEWAY_NO_DEFAULT_TARGET: 400,
  FLEET_GATEWAY_UNAUTHORIZED: 401,
  FLEET_GATEWAY_NOT_PERMITTED: 403,
  FLEET_GATEWAY_NOT_FOUND: 404,
  FLEET_GATEWAY_METHOD_NOT_ALLOWED: 405,
  FLEET_GATEWAY_REQUEST_TIMEOUT: 408,
  FLEET_GATEWAY_TOO_LARGE: 413,
  FLEET_GATEWAY_CONTENT_ENCODING: 415,
  FLEET_GATEWAY_EXPECTATION_FAILED: 417,
  FLEET_GATEWAY_HEADERS_TOO_LARGE: 431,
  FLEET_GATEWAY_INTERNAL: 500,
  FLEET_GATEWAY_CREDENTIALS: 502,
  FLEET_GATEWAY_ANSWERS_FULL: 503,
  FLEET_GATEWAY_BUSY: 503,
  FLEET_ISOLATION_COMMAND_NOT_ALLOWED: 400,
  FLEET_ISOLATION_INVALID_COMMAND: 400,
  FLEET_ISOLATION_INVALID_PROJECT: 500,
  FLEET_ISOLATION_INVALID_OPTION: 500,
  FLEET_ISOLATION_TOO_MANY_KEYS: 400,
  FLEET_ISOLATION_UNFINISHED: 503,
  FLEET_ISOLATION_FOREIGN_KEY: 500,
  FLEET_ISOLATION_ACL_UNSUPPORTED: 502,
  FLEET_ISOLATION_ACL_FORBIDDEN: 502,
  FLEET_ISOLATION_ACL_REFUSED: 502,
  FLEET_ISOLATION_ACL_NOT_SAVED: 502,
  FLEET_BREAKER_OPEN: 503,
  FLEET_BREAKER_HALF_OPEN: 503,
  FLEET_BREAKER_ISOLATED: 503,
  FLEET_BREAKER_INVALID_OPTION: 500,
  FLEET_ROUTER_UNKNOWN_TARGET: 404,
  FLEET_ROUTER_NO_TARGET: 503,
  FLEET_ROUTER_INVALID_OPTION: 500,
  FLEET_TOPOLOGY_INVALID_OPTION: 500,
  FLEET_POOL_REPLY: 400,
  FLEET_POOL_MEMORY: 400,
  FLEET_POOL_KEY_NOT_FOUND: 400,
  FLEET_POOL_CONNECT_FAILED: 503,
  FLEET_POOL_CONNECTION_LOST: 504,
  FLEET_POOL_COMMAND_TIMEOUT: 504,
  FLEET_POOL_ACQUIRE_TIMEOUT: 503,
  FLEET_POOL_EXHAUSTED: 503,
  FLEET_POOL_AUTHENTICATION: 502,
  FLEET_POOL_CLOSED: 503,
  FLEET_POOL_COMMAND_REFUSED: 400,
  FLEET_POOL_WRONG_LANE: 400,
  FLEET_POOL_REPLY_TOO_LARGE: 502,
  FLEET_POOL_SUBSCRIBER_SLOW: 503,
  FLEET_POOL_LEASE_RELEASED: 500,
  FLEET_POOL_INVALID_OPTION: 500,
  FLEET_CLIENT_CLOSED: 503,
  FLEET_CLIENT_DEADLINE: 504,
  FLEET_CLIENT_INTERRUPTED: 504,
  FLEET_CLIENT_CREDENTIALS: 502,
  FLEET_CLIENT_INVALID_OPTION: 500,
  FLEET_CLIENT_STARTING: 503,
  FLEET_METRICS_INVALID_OPTION: 500,
  FLEET_DISCOVERY_API_CLOSED: 503,
  FLEET_DISCOVERY_API_FORBIDDEN: 502,
  FLEET_DISCOVERY_API_GARBLED: 502,
  FLEET_DISCOVERY_API_REFUSED: 503,
  FLEET_DISCOVERY_API_TIMEOUT: 503,
  FLEET_DISCOVERY_API_UNAUTHORIZED: 502,
  FLEET_DISCOVERY_API_UNREACHABLE: 503,
  FLEET_DISCOVERY_CLOSED: 503,
  FLEET_DISCOVERY_CONFLICT: 500,
  FLEET_DISCOVERY_DNS_FAILED: 500,
  FLEET_DISCOVERY_DNS_NO_RECORDS: 500,
  FLEET_DISCOVERY_FILE_UNREADABLE: 500,
  FLEET_DISCOVERY_FILE_UNWATCHED: 500,
  FLEET_DISCOVERY_INVALID_FILE: 500,
  FLEET_DISCOVERY_INVALID_INSTANCES: 500,
  FLEET_DISCOVERY_INVALID_OPTION: 500,
  FLEET_DISCOVERY_KUBECONFIG: 502,
  FLEET_DISCOVERY_LISTENER_FAILED: 500,
  FLEET_DISCOVERY_SECRET_KEY_MISSING: 502,
  FLEET_DISCOVERY_SECRET_MISSING: 502,
  FLEET_DISCOVERY_SECRET_REFERENCE: 502,
  FLEET_DISCOVERY_SECRET_STALE: 502,
  FLEET_DISCOVERY_SENTINEL_MINORITY: 500,
  FLEET_DISCOVERY_SENTINEL_UNREACHABLE: 500,
  FLEET_DISCOVERY_SOURCE_FAILED: 500,
  FLEET_DISCOVERY_START_FAILED: 500,
};
