/** An option, or the name of a scenario, that cannot be used. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  readonly code = "FLEET_BENCH_INVALID_OPTION";
}
