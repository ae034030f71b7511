import type { Tally } from "../prometheus/counter.ts";
import type { Labels } from "../prometheus/exposed.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { PickMessage } from "../roster/messages.ts";
import { on } from "./recorder.ts";
import type { Recorder } from "./recorder.ts";

type Reasons = Readonly<Record<PickMessage["outcome"], Keyed<string, Tally>>>;
type Decisions = Readonly<Record<PickMessage["access"], Reasons>>;

/** `fleet:router:pick`, which comes for every attempt. */
export class PickRecorder implements Recorder {
  readonly channels: Recorder["channels"] = new Map([
    on("fleet:router:pick", (message) => this.#record(message)),
  ]);
  readonly #policies: Keyed<string, Decisions>;

  constructor(instruments: Instruments) {
    const decisions = instruments.counter(
      "router_decisions_total",
      "Decisions of the router, by policy, access, outcome and reason.",
    );
    const reasons = (labels: Labels): Keyed<string, Tally> =>
      new Keyed((reason) => decisions.tally({ ...labels, reason }));
    const outcomes = (policy: string, access: string): Reasons => ({
      picked: reasons({ policy, access, outcome: "picked" }),
      refused: reasons({ policy, access, outcome: "refused" }),
    });
    this.#policies = new Keyed((policy) => ({
      read: outcomes(policy, "read"),
      write: outcomes(policy, "write"),
    }));
  }

  prune(): void {
    // No label names anything that could be gone.
  }

  #record({ policy, access, outcome, reason }: PickMessage): void {
    this.#policies.of(policy)[access][outcome].of(reason).value += 1;
  }
}
