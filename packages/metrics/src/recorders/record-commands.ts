import type { Counter, Tally } from "../prometheus/counter.ts";
import type { Durations, Histogram } from "../prometheus/histogram.ts";
import type { Instruments } from "../prometheus/instruments.ts";
import { Keyed } from "../prometheus/keyed.ts";
import type { CommandMessage } from "../roster/messages.ts";
import type { Roster } from "../roster/roster.ts";
import { on } from "./recorder.ts";
import type { Recorder } from "./recorder.ts";

// From a quarter of a loopback round trip to past the default timeout of 3 s.
/** Nothing is known under the name, and may yet be found. */
const starting = "FLEET_CLIENT_STARTING";
const boundsMs = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 100, 500, 1_000, 5_000];

/** The series of one endpoint. `ok` apart: it is what almost every command is. */
interface Outcomes {
  readonly ok: Tally;
  readonly others: Keyed<string, Keyed<string, Tally>>;
}

interface OfInstance {
  readonly name: string;
  readonly duration: Durations;
  readonly endpoints: Keyed<string, Outcomes>;
}

/** `fleet:client:command`, which comes for every command: two lookups and two additions. */
export class CommandRecorder implements Recorder {
  readonly channels: Recorder["channels"] = new Map([
    on("fleet:client:command", (message) => this.#record(message)),
  ]);
  readonly #commands: Counter;
  readonly #duration: Histogram;
  readonly #instances = new Keyed<string, OfInstance>((instance) => this.#ofInstance(instance));

  constructor(instruments: Instruments) {
    this.#commands = instruments.counter(
      "client_commands_total",
      "Calls that ended, by the endpoint that was asked last, by outcome and by error code.",
    );
    this.#duration = instruments.histogram(
      "client_command_duration_seconds",
      "From a call to its answer, all attempts and pauses included.",
      boundsMs,
    );
  }

  prune(roster: Roster): void {
    this.#instances.prune(
      (instance) => instance === "" || roster.hasInstance(instance),
      ({ duration, endpoints }) => {
        this.#duration.drop(duration);
        endpoints.prune(
          () => false,
          (outcomes) => this.#drop(outcomes),
        );
      },
    );
    for (const { name, endpoints } of this.#instances.values())
      endpoints.prune(
        (address) => address === "" || roster.hasEndpoint(`${name}/${address}`),
        (outcomes) => this.#drop(outcomes),
      );
  }

  #record(message: CommandMessage): void {
    // A caller that asks for names that do not exist must not make series of them.
    const isUnknown = message.code?.endsWith("_UNKNOWN_TARGET") === true || message.code === starting;
    const instance = isUnknown ? "" : (message.instance ?? "");
    const ofInstance = this.#instances.of(instance);
    ofInstance.duration.observe(message.durationMs);
    const { ok, others } = ofInstance.endpoints.of(message.endpoint ?? "");
    if (message.outcome === "ok") ok.value += 1;
    else others.of(message.outcome).of(label(message.code)).value += 1;
  }

  #ofInstance(instance: string): OfInstance {
    return {
      name: instance,
      duration: this.#duration.durations({ instance }),
      endpoints: new Keyed((address) => this.#outcomes(instance, address)),
    };
  }

  #outcomes(instance: string, address: string): Outcomes {
    const endpoint = address === "" ? "" : `${instance}/${address}`;
    const tally = (outcome: string, code: string): Tally =>
      this.#commands.tally({ instance, endpoint, outcome, code });
    return {
      ok: tally("ok", ""),
      others: new Keyed((outcome) => new Keyed((code) => tally(outcome, code))),
    };
  }

  #drop({ ok, others }: Outcomes): void {
    this.#commands.drop(ok);
    for (const codes of others.values()) for (const tally of codes.values()) this.#commands.drop(tally);
  }
}

/** Codes are few, but the work of a `run()` may throw anything, and what is thrown must not make series without end. */
function label(code: string | undefined): string {
  if (code === undefined) return "";
  return /^[A-Z][A-Z0-9_]{0,79}$/.test(code) ? code : "other";
}
