/** Where the global setup of a test run leaves the reason why there is no Redis. */
export const unavailableVariable = "FLEET_REDIS_UNAVAILABLE";

/** In a test run: undefined when there is a Redis to start, else the reason why not, as a reason to skip. */
export function redisAvailable(): string | undefined {
  return process.env[unavailableVariable];
}
