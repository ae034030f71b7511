import { randomUUID } from "node:crypto";

import { checkOption, ms } from "@fleet/options";

import type { WorkerOptions, WorkerOutcome } from "./engine/worker-options.ts";
import { workerSettingsOf } from "./engine/worker-settings.ts";
import { ClosedError, InvalidOptionError, RedisError } from "./errors.ts";
import { leave } from "./protocol/lua/scripts.ts";
import type { WorkerStats } from "./protocol/worker-stats.ts";
import { RedisLink } from "./redis/link.ts";
import type { Run } from "./run.ts";
import { WorkLoop } from "./work-loop.ts";

/** Claims, fetches, writes and acknowledges until nothing is left. Made by `backfill.worker(options)`. */
export class Worker implements AsyncDisposable {
  /** The name of the worker in status, channels and Redis. */
  readonly id: string;
  readonly #run: Run;
  readonly #commands: RedisLink;
  readonly #waits: RedisLink;
  readonly #loop: WorkLoop;
  /** Aborted when the outcome of what is under way does not matter any more. */
  readonly #ender = new AbortController();
  readonly #fatal = Promise.withResolvers<never>();
  #working: Promise<WorkerOutcome> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws InvalidOptionError. */
  constructor(run: Run, options: WorkerOptions<unknown>) {
    const settings = workerSettingsOf(options, run.definition);
    this.id = `${settings.label}#${randomUUID().slice(0, 8)}`;
    this.#run = run;
    const of = { run: run.name, worker: this.id };
    this.#commands = new RedisLink({ ...run, of: { ...of, link: "commands" } });
    this.#waits = new RedisLink({ ...run, of: { ...of, link: "waits" } });
    // Reported by `start`.
    this.#fatal.promise.catch(() => undefined);
    this.#loop = new WorkLoop({
      run,
      settings,
      of,
      commands: this.#commands,
      waits: this.#waits,
      signal: this.#ender.signal,
      failed: (error) => this.#fatal.reject(error),
    });
  }

  get stats(): WorkerStats {
    return this.#loop.stats;
  }

  /**
   * Works until the run is complete, or until it is closed. While Redis does not answer it waits, however long that takes.
   *
   * @param options aborting `signal` is `close()`.
   * @throws EpochError, RedisError (`FLEET_BACKFILL_REDIS_REFUSED`), ClosedError when it was started or closed before.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<WorkerOutcome> {
    if (this.#closing !== undefined) throw new ClosedError("the worker is closed");
    if (this.#working !== undefined) throw new ClosedError("the worker has been started already");
    signal?.throwIfAborted();
    const stop = (): void => void this.close();
    signal?.addEventListener("abort", stop, { once: true });
    this.#working = Promise.race([this.#loop.work(), this.#fatal.promise]);
    try {
      return await this.#working;
    } catch (error) {
      if (this.#ender.signal.aborted) return "stopped";
      // No chunk can be handed back to this Redis any more.
      this.#ender.abort();
      throw error instanceof Error && error.name === "ReplyError"
        ? new RedisError("refused", error.message, error)
        : error;
    } finally {
      signal?.removeEventListener("abort", stop);
      await this.close();
    }
  }

  /**
   * Claims nothing more, lets what is under way finish until `graceMs`, then aborts it and hands all leases back, so that
   * another worker has them at once. Twice is the same promise.
   *
   * @param options `graceMs` defaults to 10000; 0 hands back at once.
   * @throws InvalidOptionError for a time that no timer can wait; nothing is closed then.
   */
  close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    try {
      checkOption("graceMs", graceMs, ms(0), InvalidOptionError);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    const { clock, commandTimeoutMs, keys, epoch } = this.#run;
    if (this.#working !== undefined && !this.#ender.signal.aborted) {
      this.#loop.drain();
      this.#loop.handBack((chunk) => graceMs === 0 || !chunk.isStarted);
      const grace = clock.setTimeout(() => this.#loop.handBack(() => true), graceMs);
      // Redis may be away: then the leases run out by themselves.
      const end = clock.setTimeout(
        () => {
          this.#ender.abort();
          this.#loop.wake();
        },
        graceMs + 2 * commandTimeoutMs,
      );
      // A failure is reported by `start`.
      await this.#working.catch(() => undefined);
      clock.clearTimeout(grace);
      clock.clearTimeout(end);
      if (!this.#ender.signal.aborted)
        await this.#commands
          .run(leave, keys.all, [JSON.stringify({ epoch, worker: this.id })])
          // Else the next worker that reclaims leases forgets it after ten minutes.
          .catch(() => undefined);
    }
    this.#ender.abort();
    // After a fatal end, or when the grace is over, calls are still under way and have no reader.
    this.#loop.end(new ClosedError("the worker is closed"));
    this.#commands.close();
    this.#waits.close();
  }
}
