/**
 * What the signals ask of a gateway, from the first moment on. By default a signal ends a process in the middle of things, and the
 * kernel ignores it where the process is the first of a container.
 */
export class Signals {
  readonly #stopping = new AbortController();
  #asked: "SIGTERM" | "SIGINT" | undefined;

  /** For SIGHUP, which a terminal or an operator sends: it never ends a gateway. */
  hangUp: () => void = () => {};

  constructor() {
    process.on("SIGHUP", this.#onHangUp).on("SIGTERM", this.#onStop).on("SIGINT", this.#onStop);
  }

  /** Aborts at the first SIGTERM or SIGINT. The second ends the process with exit code 1. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Leaves the signals to their defaults; one that has arrived already takes effect now. */
  release(): void {
    process.off("SIGHUP", this.#onHangUp).off("SIGTERM", this.#onStop).off("SIGINT", this.#onStop);
    if (this.#asked !== undefined) process.kill(process.pid, this.#asked);
  }

  readonly #onHangUp = (): void => this.hangUp();

  readonly #onStop = (signal: NodeJS.Signals): void => {
    // The sender of a second one does not want to wait.
    if (this.#asked !== undefined) process.exit(1);
    this.#asked = signal === "SIGINT" ? "SIGINT" : "SIGTERM";
    this.#stopping.abort();
  };
}
