import { backoff, within, type Clock } from "@fleet/time";

import type { Address } from "../instance/address-map.ts";
import { askSentinel } from "./sentinel-answer.ts";
import type { SentinelAnswer } from "./sentinel-answer.ts";
import type { SentinelConnection } from "./sentinel-connection.ts";

/** What all links of one source have in common. */
export interface LinkOwner {
  readonly clock: Clock;
  readonly random: () => number;
  readonly resyncMs: number;
  readonly answerTimeoutMs: number;
  connect(address: Address): SentinelConnection;
  /** A link has another answer, the same one again, or none any more. */
  changed(): void;
}

/** Everything after which a sentinel may answer something else. */
const events = `
  +switch-master +failover-end +config-update-from +role-change -role-change +convert-to-slave
  +sdown -sdown +odown -odown +reboot -tilt +slave +sentinel +sentinel-address-switch
  +monitor -monitor +reset-master +set
`
  .trim()
  .split(/\s+/);

const reconnectMinMs = 200;
const reconnectMaxMs = 5000;
/** Events come in crowds: the first is followed at once, the rest after this. */
const crowdMs = 20;
/** A sentinel looks at its own links about so often. */
const unsettledMs = 1000;

/** One sentinel: a connection that is kept, what it answered last, and when it is asked again. */
export class SentinelLink {
  readonly #address: Address;
  readonly #owner: LinkOwner;
  readonly #end = new AbortController();
  #connection: SentinelConnection | undefined;
  /** What the connection said last of what is wrong with it: more than a call that was rejected knows. */
  #trouble: string | undefined;
  #id: string | undefined;
  #answer: SentinelAnswer | undefined;
  #failure: string | undefined;
  #failures = 0;
  #asking = false;
  /** Something happened since the question left. */
  #again = false;
  /** It is asked again in a moment anyway. */
  #soon = false;
  #timer: unknown;

  constructor(address: Address, owner: LinkOwner, id?: string) {
    this.#address = address;
    this.#owner = owner;
    this.#id = id;
  }

  /** Of the sentinel that answers here, or did last; undefined when none ever has. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Undefined while it does not answer. */
  get answer(): SentinelAnswer | undefined {
    return this.#answer;
  }

  /** Why it does not answer; undefined while it does, and before the first attempt has ended. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Asks, and goes on asking until it is closed. */
  async open(): Promise<void> {
    const { clock, answerTimeoutMs } = this.#owner;
    clock.clearTimeout(this.#timer);
    this.#asking = true;
    this.#again = false;
    this.#soon = false;
    try {
      this.#answer = await within(this.#ask(), {
        clock,
        ms: answerTimeoutMs,
        late: () => new Error(`no answer within ${answerTimeoutMs} ms`),
        signal: this.#end.signal,
      });
    } catch (error) {
      this.#asking = false;
      if (!this.#end.signal.aborted) this.#fail(error);
      return;
    }
    this.#asking = false;
    // An answer that arrived together with the end.
    if (this.#end.signal.aborted) return;
    this.#id = this.#answer.id;
    this.#failure = undefined;
    this.#failures = 0;
    this.#soon = this.#again;
    this.#openAfter(this.#soon ? crowdMs : this.#answer.unsettled ? unsettledMs : this.#owner.resyncMs);
    this.#owner.changed();
  }

  close(): void {
    this.#end.abort();
    this.#owner.clock.clearTimeout(this.#timer);
    this.#drop();
  }

  async #ask(): Promise<SentinelAnswer> {
    return askSentinel(this.#connection ?? (await this.#dial()));
  }

  async #dial(): Promise<SentinelConnection> {
    this.#trouble = undefined;
    const connection = this.#owner.connect(this.#address);
    this.#connection = connection;
    connection.on("error", ({ message }) => (this.#trouble = message));
    connection.on("close", () => {
      if (connection === this.#connection && !this.#asking) this.#fail(new Error("it closed the connection"));
    });
    connection.on("message", () => {
      if (connection !== this.#connection || this.#soon) return;
      if (this.#asking) this.#again = true;
      else void this.open();
    });
    await connection.connect();
    await connection.subscribe(...events);
    return connection;
  }

  #fail(error: unknown): void {
    const { random } = this.#owner;
    this.#drop();
    this.#answer = undefined;
    this.#failure = this.#trouble || (error instanceof Error ? error.message : "it failed");
    this.#openAfter(backoff(this.#failures, { minMs: reconnectMinMs, maxMs: reconnectMaxMs, random }));
    this.#failures += 1;
    this.#owner.changed();
  }

  #drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.disconnect();
  }

  #openAfter(ms: number): void {
    const { clock } = this.#owner;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.open(), ms);
  }
}
