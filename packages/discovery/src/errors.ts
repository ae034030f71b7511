/** An option of a constructor has a value it cannot have. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  readonly code = "FLEET_DISCOVERY_INVALID_OPTION";
  readonly option: string;

  constructor(option: string, expected: string, got: string) {
    super(`${option} must be ${expected}, got ${got}`);
    this.option = option;
  }
}

/** A list of instances has faults: all of them, one line each with its path. Values that may be secret are not shown. */
export class InvalidInstancesError extends TypeError {
  override readonly name = "InvalidInstancesError";
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
  readonly code: "FLEET_DISCOVERY_FILE_UNREADABLE" | "FLEET_DISCOVERY_FILE_UNWATCHED";
  readonly path: string;

  constructor(code: FileAccessError["code"], path: string, cause: unknown) {
    const what = code === "FLEET_DISCOVERY_FILE_UNREADABLE" ? "cannot be read" : "cannot be watched";
    super(`${path} ${what}: ${cause instanceof Error ? cause.message : "unknown reason"}`, { cause });
    this.code = code;
    this.path = path;
  }
}

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
