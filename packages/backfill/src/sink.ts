/** What came for one id. */
export interface Fetched<T> {
  readonly id: string;
  readonly value: T;
}

export interface CallOptions {
  /** Aborted at the call's deadline, when the lease is lost, and when a closing worker's grace is over. */
  readonly signal: AbortSignal;
  /** The try this is, from 1; crashes and refusals of a breaker do not count. */
  readonly attempt: number;
  /**
   * The fencing token of the claim. A later claim of the same id has a higher one, always, whatever happens to Redis:
   * a store that remembers the highest token per id can refuse what comes late.
   */
  readonly token: number;
}

export interface FetchOptions extends CallOptions {
  /** The fields of a stream's entry. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * Gets what belongs to an id; `undefined` when there is nothing, which is an answer too.
 *
 * What it throws decides: `LimitedError` makes all workers wait, `PermanentError` gives the id up at once, anything else
 * is tried again until `attempts` is reached.
 */
export type Fetch<T> = (id: string, options: FetchOptions) => Promise<T | undefined>;

/** Where what was fetched goes. */
export interface Sink<T> {
  /**
   * Stores records: all of them, or it throws. The same record may come twice (at least once is the promise), so it must
   * be idempotent; it should not let a record replace one that came with a higher token.
   */
  write(records: readonly Fetched<T>[], options: CallOptions): Promise<void>;
}
