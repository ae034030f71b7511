export { checkKnownOptions, checkOption, checkOptions } from "./check-options.ts";
export { complete } from "./complete.ts";
export { distance, nearest } from "./nearest.ts";
export { OptionError, type OptionErrorClass } from "./option-error.ts";
export { kindOf, printed } from "./printed.ts";
export {
  anything,
  clock,
  count,
  duration,
  flag,
  func,
  hasMethods,
  isRecord,
  listOf,
  MAX_TIMER_MS,
  ms,
  now,
  number,
  object,
  oneOf,
  record,
  required,
  secret,
  text,
  withDefault,
} from "./rule-kinds.ts";
export type { Kind, Rule, Rules } from "./rule.ts";
