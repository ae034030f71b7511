import type { BreakerState } from "../src/index.ts";

interface Settings {
  readonly consecutiveFailures: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly halfOpenProbes: number;
  readonly probeTimeoutMs: number;
  readonly jitter: number;
  readonly random: () => number;
}

interface Call {
  readonly era: number;
  settled: boolean;
}

/** The breaker as the README describes it, written a second time, as plainly as can be, to compare with. */
export class ReferenceBreaker {
  readonly transitions: string[] = [];
  readonly #settings: Settings;
  readonly #calls: Call[] = [];
  #name: BreakerState["name"] = "closed";
  #era = 0;
  #failures = 0;
  #closedAt = 0;
  #openUntil = 0;
  #doublings = 0;
  #successes = 0;
  #probe: { id: number; until: number } | undefined;
  #holders = 0;
  #trustsChecks = true;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  acquire(now: number): number | string {
    this.#pass(now);
    const id = this.#calls.length;
    if (this.#name === "open") return "FLEET_BREAKER_OPEN";
    if (this.#name === "isolated") return "FLEET_BREAKER_ISOLATED";
    if (this.#name === "half-open") {
      if (this.#probe !== undefined) return "FLEET_BREAKER_HALF_OPEN";
      this.#probe = { id, until: now + this.#settings.probeTimeoutMs };
    }
    this.#calls.push({ era: this.#era, settled: false });
    return id;
  }

  settle(id: number, how: "success" | "failure" | "ignore", now: number): void {
    this.#pass(now);
    const call = this.#calls[id];
    if (call === undefined || call.settled) return;
    call.settled = true;
    if (call.era !== this.#era) return;
    if (this.#name === "half-open") {
      this.#probe = undefined;
      if (how === "failure") this.#open(now);
      if (how === "success") this.#successes += 1;
      if (this.#successes === this.#settings.halfOpenProbes) this.#close(now);
      return;
    }
    if (how === "success") this.#failures = 0;
    if (how === "failure") this.#failures += 1;
    if (this.#failures === this.#settings.consecutiveFailures) {
      let closedMs = now - this.#closedAt;
      while (this.#doublings > 0 && closedMs >= this.#lengthMs(this.#doublings - 1)) {
        closedMs -= this.#lengthMs(this.#doublings - 1);
        this.#doublings -= 1;
      }
      this.#open(now);
    }
  }

  checkSucceeded(now: number): void {
    this.#pass(now);
    if (this.#name !== "open" || !this.#trustsChecks) return;
    this.#trustsChecks = false;
    this.#successes = 0;
    this.#go("half-open");
  }

  isolate(now: number): void {
    this.#pass(now);
    this.#holders += 1;
    if (this.#holders > 1) return;
    this.#probe = undefined;
    this.#go("isolated");
  }

  endIsolation(now: number): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#close(now);
  }

  reset(now: number): void {
    this.#pass(now);
    this.#doublings = 0;
    if (this.#name === "isolated") return;
    if (this.#name === "closed") {
      this.#era += 1;
      this.#failures = 0;
    } else this.#close(now);
  }

  allows(now: number): boolean {
    this.#pass(now);
    return this.#name === "closed" || (this.#name === "half-open" && this.#probe === undefined);
  }

  state(now: number): BreakerState {
    this.#pass(now);
    switch (this.#name) {
      case "closed":
        return { name: "closed", consecutiveFailures: this.#failures };
      case "open":
        return { name: "open", retryAfterMs: Math.max(1, Math.ceil(this.#openUntil - now)) };
      case "half-open": {
        const probesInFlight = this.#probe === undefined ? 0 : 1;
        return { name: "half-open", probesInFlight, successes: this.#successes };
      }
      default:
        return { name: "isolated" };
    }
  }

  #pass(now: number): void {
    if (this.#probe !== undefined && now >= this.#probe.until) this.#open(this.#probe.until);
    if (this.#name === "open" && now >= this.#openUntil) {
      this.#successes = 0;
      this.#go("half-open");
    }
  }

  #open(at: number): void {
    const { maxOpenMs, jitter, random } = this.#settings;
    const lengthMs = this.#lengthMs(this.#doublings);
    if (lengthMs < maxOpenMs) this.#doublings += 1;
    this.#openUntil = at + lengthMs * (1 - jitter + 2 * jitter * random());
    this.#probe = undefined;
    this.#go("open");
  }

  #close(now: number): void {
    this.#probe = undefined;
    this.#failures = 0;
    this.#closedAt = now;
    this.#trustsChecks = true;
    this.#go("closed");
  }

  #go(to: BreakerState["name"]): void {
    this.transitions.push(`${this.#name} > ${to}`);
    this.#name = to;
    this.#era += 1;
  }

  #lengthMs(doublings: number): number {
    return Math.min(this.#settings.maxOpenMs, this.#settings.openMs * 2 ** doublings);
  }
}
