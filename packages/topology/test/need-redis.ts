import { redisAvailable } from "@fleet/testkit";
import { beforeEach } from "vitest";

/** Skips the tests of a file, with the reason, where there is no Redis to start. */
export function needRedis(): void {
  beforeEach((context) => {
    const missing = redisAvailable();
    context.skip(missing !== undefined, missing);
  });
}
