import { LeaseReleasedError } from "../errors.ts";

/** A connection that belongs to one caller until it is given back; it dies with its socket. */
export interface Lease<T> extends AsyncDisposable {
  /** @throws LeaseReleasedError after `release()` or `destroy()`. */
  readonly connection: T;
  /** The connection died; it will be replaced after the release, never under the lease. */
  readonly lost: boolean;
  /** Gives it back, cleaned if need be; resolves when the next caller may have it. A second call does nothing. */
  release(): Promise<void>;
  /** Gives it back to be closed, whatever it is doing. */
  destroy(): void;
}

/** What a lease reports its end to. */
export interface Lender<T> {
  released(held: Held<T>): Promise<void>;
  destroyed(held: Held<T>): void;
  releasedTwice(): void;
}

/** What a lease hands out for its time. */
export interface Loan<T> {
  readonly connection: T;
  /** From now on nothing that was handed out reaches the connection. */
  end(): void;
}

/** A connection of the lane, in whatever place of the set. */
export interface Held<T> {
  readonly connection: T;
  /** When it is too old. Decided once, at birth: jitter that is drawn anew at each look spreads nothing. */
  readonly expiresAt: number;
  /** Whether it is destroyed, and in no place any more. */
  isGone: boolean;
  /** Whether its socket is closed. */
  lost: boolean;
  idleSince: number;
  /** When it last proved to work. */
  provedAt: number;
  leasedAt: number;
  /** When its lease has lasted too long. */
  leaseEndsAt: number;
  /** Holds the stack of the call that acquired it. */
  origin: Error | undefined;
}

export class HeldLease<T> implements Lease<T> {
  readonly #name: string;
  readonly #held: Held<T>;
  readonly #loan: Loan<T>;
  readonly #lender: Lender<T>;
  #released = false;
  #lostAtRelease = false;

  constructor(name: string, held: Held<T>, loan: Loan<T>, lender: Lender<T>) {
    this.#name = name;
    this.#held = held;
    this.#loan = loan;
    this.#lender = lender;
  }

  get connection(): T {
    if (this.#released) throw new LeaseReleasedError(this.#name);
    return this.#loan.connection;
  }

  get lost(): boolean {
    return this.#released ? this.#lostAtRelease : this.#held.lost;
  }

  async release(): Promise<void> {
    if (this.#end()) await this.#lender.released(this.#held);
  }

  destroy(): void {
    if (this.#end()) this.#lender.destroyed(this.#held);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #end(): boolean {
    if (this.#released) {
      this.#lender.releasedTwice();
      return false;
    }
    this.#released = true;
    this.#lostAtRelease = this.#held.lost;
    this.#loan.end();
    return true;
  }
}
