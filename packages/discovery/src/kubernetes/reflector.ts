import type { ResourceStats } from "../resource-stats.ts";
import type { ReflectorOptions } from "./reflector-options.ts";

/**
 * Objects of one kind as an API server has them, kept current: whole at first, then change by change. It never gives up and never
 * forgets what it had because a server is away; it says how old its knowledge is instead.
 */
export class Reflector<T> implements AsyncDisposable {
  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: ReflectorOptions<T>) {
    void options;
  }

  /** What is kept, by uid. One map for life. */
  get items(): ReadonlyMap<string, T> {
    return new Map();
  }

  /** Whether a whole set has arrived and was told. */
  get hasSynced(): boolean {
    return false;
  }

  /** Milliseconds since the server last proved that the set is current; undefined before that. */
  get lastSyncAgeMs(): number | undefined {
    return undefined;
  }

  get stats(): ResourceStats {
    throw new Error("unknown");
  }

  /**
   * Begins; resolves when the first set is whole. Failures before that are told to the handler while it keeps trying.
   *
   * @throws the signal's reason when that ends it, DiscoveryError (FLEET_DISCOVERY_CLOSED) when `close()` does or at a second start.
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return Promise.reject(new Error(String(options)));
  }

  /** Stops; no request, timer or listener is left and nothing is told afterwards. Twice is once. The set stays readable. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
