import { OptionError } from "@fleet/options";

/** An option of a constructor has a value it cannot have. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_DISCOVERY_INVALID_OPTION";
}

/** A list of instances has faults: all of them, one line each with its path. Values that may be secret are not shown. */
export class InvalidInstancesError extends TypeError {
  override readonly name = "InvalidInstancesError";
  /**
   * @retry no
   * @remedy Correct the instances: `faults` has a line for each fault, with its path.
   */
  readonly code = "FLEET_DISCOVERY_INVALID_INSTANCES";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The instances have ${count(faults)}\n${faults.join("\n")}`);
    this.faults = faults;
  }
}

/** A file has faults: all of them, one line each with line, column and path. Values that may be secret are not shown. */
export class InvalidFileError extends Error {
  override readonly name = "InvalidFileError";
  /**
   * @retry the source retries by itself
   * @remedy Correct the file: `faults` has a line for each fault, with line and column. It is read again when it
   *   changes.
   */
  readonly code = "FLEET_DISCOVERY_INVALID_FILE";
  readonly path: string;
  readonly faults: readonly string[];

  constructor(path: string, faults: readonly string[]) {
    super(`${path} has ${count(faults)}\n${faults.join("\n")}`);
    this.path = path;
    this.faults = faults;
  }
}

/** A file cannot be read (`FILE_UNREADABLE`) or is read but not watched, so changes show at the next resync (`FILE_UNWATCHED`). */
export class FileAccessError extends Error {
  override readonly name = "FileAccessError";
  /**
   * @code FLEET_DISCOVERY_FILE_UNREADABLE The file cannot be read; `cause` says why.
   * @retry the source retries by itself
   * @remedy Put the file back, or give the process the right to read it.
   * @code FLEET_DISCOVERY_FILE_UNWATCHED The file was read and cannot be watched, so that a change is seen only at
   *   the next resync.
   * @retry the source reads the file again at each resync
   * @remedy Raise the kernel's limit of watches (`fs.inotify.max_user_instances`).
   */
  readonly code: "FLEET_DISCOVERY_FILE_UNREADABLE" | "FLEET_DISCOVERY_FILE_UNWATCHED";
  readonly path: string;

  constructor(code: FileAccessError["code"], path: string, cause: unknown) {
    const what = code === "FLEET_DISCOVERY_FILE_UNREADABLE" ? "cannot be read" : "cannot be watched";
    super(`${path} ${what}: ${cause instanceof Error ? cause.message : "unknown reason"}`, { cause });
    this.code = code;
    this.path = path;
  }
}

/**
 * @code FLEET_DISCOVERY_CLOSED `start()` was called after or during `close()`, or a source was started twice.
 * @retry no
 * @remedy Start a discovery or a source once, and not after `close()`.
 * @code FLEET_DISCOVERY_CONFLICT An instance of `source` is not served, because another one came first with its name
 *   or uid.
 * @retry no
 * @remedy Rename one of the two instances.
 * @code FLEET_DISCOVERY_DNS_FAILED A DNS question was not answered (timeout, SERVFAIL, REFUSED, garbage). That says
 *   nothing about the name.
 * @retry the source retries by itself
 * @remedy Look at the DNS servers.
 * @code FLEET_DISCOVERY_DNS_NO_RECORDS The DNS servers deny a name, not yet for long enough to be believed.
 * @retry the source retries by itself
 * @remedy Correct the name, or wait: the last known instances are served until the denial has lasted long enough.
 * @code FLEET_DISCOVERY_LISTENER_FAILED A listener of changes threw or rejected; `cause` is its error.
 * @retry no
 * @remedy Correct the listener; the other listeners were called.
 * @code FLEET_DISCOVERY_SENTINEL_MINORITY The Sentinels that answer are too few to be believed: they report something
 *   older than what is known, or nothing.
 * @retry the source retries by itself
 * @remedy Bring the other Sentinels back.
 * @code FLEET_DISCOVERY_SENTINEL_UNREACHABLE None of the Sentinels answers.
 * @retry the source retries by itself
 * @remedy Look at the Sentinels; the message has a line for each.
 * @code FLEET_DISCOVERY_SOURCE_FAILED A source failed with an error that has no code of its own, or cannot be closed.
 * @retry the source retries by itself
 * @remedy Look at `cause`.
 * @code FLEET_DISCOVERY_START_FAILED `start()` ended without instances: no source delivered any in time.
 * @retry yes, with a new discovery
 * @remedy Look at the message, which has a line for each source. Nothing is left open.
 */
type DiscoveryCode =
  | "FLEET_DISCOVERY_CLOSED"
  | "FLEET_DISCOVERY_CONFLICT"
  | "FLEET_DISCOVERY_DNS_FAILED"
  | "FLEET_DISCOVERY_DNS_NO_RECORDS"
  | "FLEET_DISCOVERY_LISTENER_FAILED"
  | "FLEET_DISCOVERY_SENTINEL_MINORITY"
  | "FLEET_DISCOVERY_SENTINEL_UNREACHABLE"
  | "FLEET_DISCOVERY_SOURCE_FAILED"
  | "FLEET_DISCOVERY_START_FAILED";

/** Something went wrong around the set of instances; `source` says whose doing it was, where it was one source's. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
  readonly code: DiscoveryCode;
  readonly source: string | undefined;

  constructor(
    code: DiscoveryCode,
    message: string,
    options: { readonly source?: string; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.source = options.source;
  }
}

function count(faults: readonly string[]): string {
  return faults.length === 1 ? "a fault:" : `${faults.length} faults:`;
}
