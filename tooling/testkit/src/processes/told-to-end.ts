import { constants } from "node:os";

import { isGone, isLeftBehind, launchers } from "./launchers.ts";

/** Why a program ends before it has done what it was started for. */
export class ToldToEnd extends Error {
  override readonly name = "ToldToEnd";
  /** As a shell counts: 128 and the number of the signal. */
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM", message: string = `stopped by ${signal}`) {
    super(message);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const lookMs = 250;

/**
 * Aborts, with a `ToldToEnd`, when this program is to end: by SIGINT or SIGTERM, or because a package manager that started it is
 * gone (npx ends by SIGTERM without a word to what it runs). A second signal does not wait: the process exits at once. What
 * the test kit has started goes with it in any case.
 */
export function toldToEnd(): AbortSignal {
  const told = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      const reason = new ToldToEnd(signal);
      if (told.signal.aborted) process.exit(reason.exitCode);
      told.abort(reason);
    });
  const above = launchers();
  if (above.length === 0) return told.signal;
  const isAlone = isLeftBehind(process.env);
  const look = setInterval(() => {
    // Whoever ends in good order after a signal hands it on first.
    if (told.signal.aborted) clearInterval(look);
    else if (isAlone || above.some(isGone))
      told.abort(new ToldToEnd("SIGTERM", "stopped: what started it has ended"));
  }, lookMs);
  look.unref();
  return told.signal;
}
