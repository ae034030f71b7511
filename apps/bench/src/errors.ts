/** An option, or the name of a scenario, that cannot be used. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  /**
   * @retry no
   * @remedy Correct the option that the message names; `pnpm bench --help` lists the scenarios.
   */
  readonly code = "FLEET_BENCH_INVALID_OPTION";
}
