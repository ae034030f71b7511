/** The configuration cannot be used: one fault a line, no secret in any. Nothing was begun. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "FLEET_WORKER_CONFIGURATION";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/** The user's module cannot be used: it is not there, throws when it is imported, or exports something else. */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly code = "FLEET_WORKER_JOB";
}

type HubCode =
  | "FLEET_WORKER_HUB_NOT_JSON"
  | "FLEET_WORKER_HUB_PATH"
  | "FLEET_WORKER_HUB_PORT"
  | "FLEET_WORKER_HUB_REFUSED"
  | "FLEET_WORKER_HUB_STATUS"
  | "FLEET_WORKER_HUB_TOO_LARGE"
  | "FLEET_WORKER_HUB_UNKNOWN"
  | "FLEET_WORKER_HUB_UNREACHABLE";

/** What the hub answered is no answer, or it did not answer. No message quotes a body or a URL. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: HubCode;
  /** It says nothing about the id: no attempt is burnt. */
  readonly isAway: boolean;

  constructor(
    code: HubCode,
    message: string,
    { isAway = false, cause }: { readonly isAway?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.isAway = isAway;
  }
}

type SinkCode =
  | "FLEET_WORKER_SINK_DIFFERS"
  | "FLEET_WORKER_SINK_LOCKED"
  | "FLEET_WORKER_SINK_REFUSED"
  | "FLEET_WORKER_SINK_UNREACHABLE";

/** The sink cannot be used as it is. Nothing in it was changed. */
export class SinkError extends Error {
  override readonly name = "SinkError";
  readonly code: SinkCode;

  constructor(code: SinkCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The question makes no sense here; the message says what would. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
  readonly code = "FLEET_WORKER_UNANSWERED";
}
