import { OptionError } from "@fleet/options";

/** An option of `observe()` has a value it cannot have. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names; a prefix whose names the register has already must be another
   *   one.
   */
  readonly code = "FLEET_METRICS_INVALID_OPTION";
}
