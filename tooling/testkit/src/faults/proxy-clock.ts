import type { FakeClock } from "../fake-clock.ts";

/** A `FakeClock` is one. */
export type ProxyClock = Pick<FakeClock, "now" | "setTimeout" | "clearTimeout">;
