export type Direction = "request" | "reply";

/** What happens to a reply instead of being relayed. */
export type ReplyFault = "drop" | "corrupt" | "reset" | { readonly inject: string };

/**
 * What a proxy does to the bytes of a connection. Each stands until the next `inject` or `heal`, for open and for new
 * connections; where bytes are counted, they are counted per connection and direction from the injection on.
 */
export type Fault =
  /** Relays. */
  | { readonly kind: "pass" }
  /** Delivers everything later, in order; the jitter comes from the proxy's `random`. */
  | { readonly kind: "latency"; readonly ms: number; readonly jitterMs?: number }
  /** Delivers so many bytes a second. */
  | { readonly kind: "bandwidth"; readonly bytesPerSecond: number }
  /** Delivers in writes of so many bytes. */
  | { readonly kind: "slicer"; readonly bytes: number }
  /** Delivers nothing, not even the end of a connection; what was held back arrives after `heal`, as after a partition. */
  | { readonly kind: "blackhole" }
  /** Drops the leg to the server and keeps the client's open, for ever: after `heal` only new connections work. */
  | { readonly kind: "halfOpen" }
  /** Resets (RST) both legs in place of the next byte. */
  | { readonly kind: "rst" }
  /** Relays so many bytes, then resets. */
  | { readonly kind: "rstAfter"; readonly bytes: number }
  /** Relays so many bytes, then closes in good order. */
  | { readonly kind: "limitData"; readonly bytes: number }
  /**
   * Once, to the k-th reply (from 1) that any connection delivers from now on: `drop` it (later ones pass, so each
   * answers the wrong request), `corrupt` it (its first byte becomes 0x00), `reset` in its place, or `inject` another
   * reply, such as `-LOADING Redis is loading the dataset in memory`. The server has executed the command in each case.
   */
  | { readonly kind: "reply"; readonly k: number; readonly do: ReplyFault };

/** Something that happened in a proxy. */
export interface FaultEvent {
  /** performance.now() milliseconds: comparable within the process, never going back. */
  readonly atMs: number;
  readonly event: "opened" | "closed" | "injected" | "healed" | "cut" | "reset" | "limited" | "reply";
  /** The connection's number, from 1. */
  readonly connection?: number;
  readonly direction?: Direction;
  readonly fault?: Fault;
}

/** Throws a RangeError that prints the value when a fault has a number that makes no sense. */
export function checkFault(fault: Fault): void {
  const facts: Record<string, number> = {};
  let least = 0;
  switch (fault.kind) {
    case "latency":
      facts["ms"] = fault.ms;
      facts["jitterMs"] = fault.jitterMs ?? 0;
      break;
    case "bandwidth":
      facts["bytesPerSecond"] = fault.bytesPerSecond;
      least = Number.MIN_VALUE;
      break;
    case "slicer":
      facts["bytes"] = fault.bytes;
      least = 1;
      break;
    case "rstAfter":
    case "limitData":
      facts["bytes"] = fault.bytes;
      break;
    case "reply":
      facts["k"] = fault.k;
      least = 1;
      break;
    default:
  }
  for (const [name, value] of Object.entries(facts))
    if (!(value >= least) || !Number.isFinite(value))
      throw new RangeError(`${fault.kind}: ${name} is ${value}`);
}
