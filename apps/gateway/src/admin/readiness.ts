import type { Fleet } from "@fleet/client";

type Discovery = Fleet["stats"]["discovery"];
type Status = "starting" | "ready" | "closing";

/** Why there are no instances yet: one entry for each source that has not delivered. */
interface Missing {
  readonly source: string;
  readonly state: Discovery["sources"][number]["state"];
  /** Code of its last failure. */
  readonly code?: string;
  /** What it says of rights, names and namespaces. */
  readonly conditions?: readonly string[];
}

/** Whether traffic should come: the ports are open and the sources have said what there is. */
export class Readiness {
  readonly #discovery: () => Discovery;
  #isListening = false;
  #isStarted = false;
  #isClosing = false;

  constructor(discovery: () => Discovery) {
    this.#discovery = discovery;
  }

  get status(): Status {
    if (this.#isClosing) return "closing";
    return this.#isListening && (this.#isStarted || this.#delivers) ? "ready" : "starting";
  }

  /** The status and, while a source is waited for, why. */
  get report(): { readonly status: Status; readonly reason?: string; readonly sources?: readonly Missing[] } {
    const { status } = this;
    if (status === "closing" || (status === "ready" && this.#isStarted)) return { status };
    if (this.#isStarted) return { status, reason: "the ports are not open yet" };
    const sources = this.#missing;
    if (sources.length === 0) return { status };
    const failures = sources.map(({ source, code }) => `${source}: ${code ?? "no answer yet"}`);
    return { status, reason: `no instances yet from ${failures.join(", ")}`, sources };
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  listening(): void {
    this.#isListening = true;
  }

  /** The sources have handed over what there is. */
  started(): void {
    this.#isStarted = true;
  }

  /** For good. */
  closing(): void {
    this.#isClosing = true;
  }

  /** Whether a source has handed over what there is. The ports open when the others have had their time, and one that hangs keeps no traffic away. */
  get #delivers(): boolean {
    return this.#discovery().sources.some(({ state }) => state === "current" || state === "stale");
  }

  get #missing(): readonly Missing[] {
    const sources = this.#discovery().sources.filter(
      ({ state }) => state === "starting" || state === "failed",
    );
    return sources.map(({ name: source, state, lastError: code, conditions }) => ({
      source,
      state,
      ...(code !== undefined && { code }),
      ...(conditions.length > 0 && { conditions: [...new Set(conditions.map(({ reason }) => reason))] }),
    }));
  }
}
