/** An option of `observe()` has a value it cannot have. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  /**
   * @retry no
   * @remedy Correct the option that the message names; a prefix whose names the register has already must be another
   *   one.
   */
  readonly code = "FLEET_METRICS_INVALID_OPTION";
  readonly option: string;

  constructor(option: string, expected: string, got: string) {
    super(`${option} must be ${expected}, got ${got}`);
    this.option = option;
  }
}
