export { backoff, type BackoffOptions } from "./backoff.ts";
export { inBackground, keepAlive } from "./background.ts";
export { systemClock, unref, type Clock, type Now } from "./clock.ts";
export { Semaphore } from "./semaphore.ts";
export { sleep } from "./sleep.ts";
export { TimeSlice } from "./time-slice.ts";
export { within, type WithinOptions } from "./within.ts";
