/** Whether traffic should come. The first discovery is done before there is a gateway, so listening is what is left. */
export class Readiness {
  #status: "starting" | "ready" | "closing" = "starting";

  get status(): "starting" | "ready" | "closing" {
    return this.#status;
  }

  listening(): void {
    if (this.#status === "starting") this.#status = "ready";
  }

  /** For good. */
  closing(): void {
    this.#status = "closing";
  }
}
