import { OptionError } from "@fleet/options";

/** An option has a value that cannot work, or there is no such option; the message names it, what was expected and the value. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option that the message names.
   */
  readonly code = "FLEET_TOPOLOGY_INVALID_OPTION";
}
