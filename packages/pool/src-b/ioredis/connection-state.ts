import type { Redis } from "ioredis";

/** What no command undoes, or not without losing count of replies: connections that ran these are not used again. */
const lasting: ReadonlySet<string> = new Set(
  [
    "asking auth hello monitor psubscribe psync punsubscribe quit readonly readwrite replconf reset",
    "ssubscribe subscribe sunsubscribe sync unsubscribe",
  ].flatMap((names) => names.split(" ")),
);

/** CLIENT with these only asks. */
const asking: ReadonlySet<string> = new Set([
  "getname",
  "getredir",
  "id",
  "info",
  "list",
  "trackinginfo",
  "unblock",
]);

/** What a borrower left behind on an ioredis connection, read off the commands he sent. */
export class ConnectionState {
  readonly #redis: Redis;
  readonly #listeners: ReadonlyMap<string | symbol, readonly unknown[]>;
  #inTransaction = false;
  #watches = false;
  #spoilt = false;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#listeners = new Map(redis.eventNames().map((event) => [event, redis.listeners(event)]));
    const send = redis.sendCommand.bind(redis);
    // Every way to send a command ends here, pipelines included; ioredis itself replaces it while it monitors.
    redis.sendCommand = (command, stream) => {
      this.#note(command.name.toLowerCase(), command.args);
      return send(command, stream);
    };
  }

  /**
   * Makes the connection as good as new, asking the server only where there is something to undo; false where that
   * cannot be. RESET is no way: after it ioredis believes in a state that the server has left.
   */
  async clean(): Promise<boolean> {
    const redis = this.#redis;
    if (this.#spoilt || redis.status !== "ready" || !redis.stream.writable) return false;
    // A reply that is still due would go to the next borrower's command.
    if (redis.commandQueue.length > 0) return false;
    this.#removeListeners();
    const undo: Promise<unknown>[] = [];
    const inTransaction = this.#inTransaction;
    const watches = this.#watches || inTransaction;
    if (inTransaction) undo.push(redis.discard().catch(unlessNone));
    // DISCARD alone is not enough: where MULTI failed it fails too, and leaves WATCH standing.
    if (watches) undo.push(redis.unwatch());
    if (redis.condition?.select !== undefined && redis.condition.select > 0) undo.push(redis.select(0));
    await Promise.all(undo);
    this.#inTransaction = false;
    this.#watches = false;
    return true;
  }

  #note(name: string, args: readonly unknown[]): void {
    if (name === "multi") this.#inTransaction = true;
    else if (name === "watch") this.#watches = true;
    else if (name === "exec" || name === "discard") this.#inTransaction = this.#watches = false;
    else if (name === "unwatch") this.#watches = this.#inTransaction;
    else if (lasting.has(name)) this.#spoilt = true;
    else if (name === "client") this.#spoilt ||= !asking.has(String(args[0]).toLowerCase());
  }

  #removeListeners(): void {
    for (const event of this.#redis.eventNames()) {
      const ours = this.#listeners.get(event) ?? [];
      for (const listener of this.#redis.rawListeners(event)) {
        if (!ours.includes(listener) && !ours.includes((listener as { listener?: unknown }).listener))
          this.#redis.off(event, listener as () => void);
      }
    }
  }
}

function unlessNone(error: Error): void {
  if (!error.message.includes("without MULTI")) throw error;
}
