/** The configuration cannot be used: one fault a line, no secret in any. Nothing was begun. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  /**
   * @retry no
   * @remedy Correct the configuration: each line says where the value stands, what was expected, and what was found.
   */
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
  /**
   * @retry no
   * @remedy Correct the path of the module, or what it exports.
   */
  readonly code = "FLEET_WORKER_JOB";
}

/**
 * @code FLEET_WORKER_HUB_NOT_JSON The hub answered something other than JSON, for example a page of HTML.
 * @retry no
 * @remedy Correct the path, or make the hub answer JSON.
 * @code FLEET_WORKER_HUB_PATH The hub answered 404 with a page of HTML for each id that was asked for before the
 *   start.
 * @retry no
 * @remedy Correct the path of `hubUrl`.
 * @code FLEET_WORKER_HUB_PORT `fetch` refuses to call the port (1, 6000 and others).
 * @retry no
 * @remedy Give the hub another port.
 * @code FLEET_WORKER_HUB_REFUSED The hub answered 401, 403, 405 or 407.
 * @retry no
 * @remedy Check the token and the headers.
 * @code FLEET_WORKER_HUB_STATUS The hub answered another status that gives no record.
 * @retry the worker retries by itself
 * @remedy Look at the hub; the message has the status.
 * @code FLEET_WORKER_HUB_TOO_LARGE The answer of the hub is larger than `hubMaxBytes`.
 * @retry no
 * @remedy Raise `hubMaxBytes`.
 * @code FLEET_WORKER_HUB_UNKNOWN The host name of the hub does not resolve.
 * @retry the worker retries by itself
 * @remedy Correct the host name of `hubUrl`.
 * @code FLEET_WORKER_HUB_UNREACHABLE No connection to the hub could be made, or the connection ended too early.
 * @retry the worker retries by itself
 * @remedy Look at the hub and the network.
 */
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
  /** It has nothing to do with the id: no attempt is burnt. */
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

/**
 * @code FLEET_WORKER_SINK_DIFFERS The table or the file exists and has another form.
 * @retry no
 * @remedy Choose another table or file, or change it to what the message asks for.
 * @code FLEET_WORKER_SINK_LOCKED Another process has the folder or the file open.
 * @retry when the other process has ended
 * @remedy Use a database server when several workers write.
 * @code FLEET_WORKER_SINK_REFUSED The database refuses the connection or the statement, or the file or folder cannot
 *   be opened.
 * @retry no
 * @remedy Give the user the rights, or create the database or the folder.
 * @code FLEET_WORKER_SINK_UNREACHABLE No connection to the sink could be made.
 * @retry the worker retries by itself
 * @remedy Look at the database and the network.
 */
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

/** The question makes no sense here; the message names what is missing. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
  /**
   * @retry no
   * @remedy Export `ids` from the job module, or leave out `verify`.
   */
  readonly code = "FLEET_WORKER_UNANSWERED";
}
