export {
  AcquireTimeoutError,
  AuthenticationError,
  CommandTimeoutError,
  ConnectionError,
  InvalidOptionError,
  LeaseReleasedError,
  PoolClosedError,
  PoolExhaustedError,
  ReplyError,
} from "./errors.ts";

export type { Clock } from "./clock.ts";
