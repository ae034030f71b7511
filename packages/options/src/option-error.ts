/** An option was refused. Each package has a subclass of its own, with its own `code`; nothing was changed or opened. */
export abstract class OptionError extends RangeError {
  override readonly name = "InvalidOptionError";
  /** `FLEET_<PACKAGE>_INVALID_OPTION` */
  abstract readonly code: string;
  /** Its path: `exclusive.max`. */
  readonly option: string;

  /**
   * @param expected ends the sentence that begins "<option> must be".
   * @param got the value as the message shows it.
   */
  constructor(option: string, expected: string, got: string) {
    super(`${option} must be ${expected}, got ${got}`);
    this.option = option;
  }
}

/** The error class of the package whose options are checked. */
export type OptionErrorClass = new (option: string, expected: string, got: string) => OptionError;
