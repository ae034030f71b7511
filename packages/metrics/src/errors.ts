/** An option of `observe()` has a value it cannot have. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  readonly code = "FLEET_METRICS_INVALID_OPTION";
  readonly option: string;

  constructor(option: string, expected: string, got: string) {
    super(`${option} must be ${expected}, got ${got}`);
    this.option = option;
  }
}
