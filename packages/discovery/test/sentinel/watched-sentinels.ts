import { eventually } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Redis } from "ioredis";

import { Discovery, SentinelSource } from "../../src/index.ts";
import type { Condition, Instance } from "../../src/index.ts";

type Options = ConstructorParameters<typeof SentinelSource>[0];

/** A connection to a sentinel as a user would make it. */
export function connect(address: { host: string; port: number; password?: string }): Redis {
  return new Redis({ ...address, lazyConnect: true, retryStrategy: null, enableOfflineQueue: false });
}

/** Counts what was asked over connections and has no answer yet. */
export class Questions {
  open = 0;
  /** Connections that were made. */
  dials = 0;

  readonly connect: Options["connect"] = (address) => {
    this.dials += 1;
    const redis = connect(address);
    return {
      connect: () => this.#counted(redis.connect()),
      call: (command, ...args) => this.#counted(redis.call(command, ...args)),
      subscribe: (...channels) => this.#counted(redis.subscribe(...channels)),
      on: (event: string, listener: (error: Error) => void) => redis.on(event, listener),
      disconnect: () => redis.disconnect(),
    };
  };

  /** Nothing is on its way. */
  async answered(): Promise<void> {
    await eventually(() => {
      if (this.open > 0) throw new Error(`${this.open} questions have no answer`);
    });
  }

  async #counted<T>(answer: Promise<T>): Promise<T> {
    this.open += 1;
    try {
      return await answer;
    } finally {
      this.open -= 1;
    }
  }
}

/** A started Discovery over one SentinelSource. It asks again only when it hears of something, unless told otherwise. */
export async function watched(
  sentinels: readonly RedisServer[],
  options: Partial<Options> = {},
): Promise<WatchedSentinels> {
  const source = new SentinelSource({
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    connect,
    resyncMs: 3_600_000,
    // A busy machine is no reason to give a sentinel up.
    answerTimeoutMs: 10_000,
    ...options,
  });
  const discovery = new Discovery({ sources: [source] });
  await discovery.start();
  const instance = (name = "mymaster"): Instance => discovery.instances.get(name)!;
  return {
    discovery,
    names: () => [...discovery.instances.keys()],
    instance,
    roles: (name) =>
      Object.fromEntries(instance(name).endpoints.map(({ port, role }) => [String(port), role])),
    conditions: () => source.conditions,
    state: () => discovery.stats.sources[0]!.state,
    [Symbol.asyncDispose]: () => discovery.close(),
  };
}

export interface WatchedSentinels extends AsyncDisposable {
  readonly discovery: Discovery;
  names(): readonly string[];
  instance(name?: string): Instance;
  /** Roles by port. */
  roles(name?: string): Readonly<Record<string, string>>;
  conditions(): readonly Condition[];
  state(): string;
}
