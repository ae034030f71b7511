/** A subscriber did not take its events as fast as they came. Its subscription is over; no other one is concerned. */
export class SubscriberSlowError extends Error {
  override readonly name = "SubscriberSlowError";
  /**
   * @retry yes: subscribe again; what was published meanwhile is lost
   * @remedy Do less for each message, or raise the bound of the `subscriber` lane that the message names.
   */
  readonly code = "FLEET_POOL_SUBSCRIBER_SLOW";
  readonly outcome = "replied";
  readonly pool: string;

  /** @param bound what its buffer is over, as in `maxBufferedEvents 1000`. */
  constructor(pool: string, bound: string) {
    super(`${pool}: the subscriber is too slow: more events wait for it than ${bound} allows`);
    this.pool = pool;
  }
}
