import { publish, type WarningEvent } from "./channels.ts";
import type { WorkerOptions } from "./engine/worker-options.ts";
import { RedisError } from "./errors.ts";
import type { DeadLetter } from "./protocol/dead-letter.ts";
import { pointerOf } from "./protocol/keys.ts";
import type { Script } from "./protocol/lua/script.ts";
import { giveBack, inspect, resurrect, steer, survey } from "./protocol/lua/scripts.ts";
import { readAnswer } from "./protocol/read-answer.ts";
import { RedisLink } from "./redis/link.ts";
import { checkServer } from "./redis/server-check.ts";
import type { Run } from "./run.ts";
import { type BackfillOptions, settingsOf } from "./runs/backfill-options.ts";
import { scanLetters } from "./runs/dead-letters.ts";
import { type Findings, inspectionOf } from "./runs/inspection-of.ts";
import type { Inspection } from "./runs/inspection.ts";
import { locate } from "./runs/locate.ts";
import { openRun } from "./runs/open-run.ts";
import { statusOf, type Survey } from "./runs/status-of.ts";
import type { Status } from "./runs/status.ts";
import type { Verification } from "./runs/verification.ts";
import { verify } from "./runs/verify.ts";
import { Worker } from "./worker.ts";

/** Which dead letters are meant. */
export interface DeadLetterSelection {
  /** @default all */
  readonly ids?: readonly string[];
}

/** Dead letters that one command moves or removes. */
const atOnce = 500;

/** A named run of work in Redis: created, looked at and steered here, done by its workers. */
export class Backfill implements AsyncDisposable {
  /** What an operator should know about the Redis that the run is in. */
  readonly warnings: readonly WarningEvent[];
  readonly #run: Run;
  readonly #prefix: string;
  readonly #link: RedisLink;

  private constructor(run: Run, prefix: string, link: RedisLink, warnings: readonly WarningEvent[]) {
    this.#run = run;
    this.#prefix = prefix;
    this.#link = link;
    this.warnings = warnings;
  }

  /**
   * Opens the run, or creates it when there is none and a source is given.
   *
   * @throws InvalidOptionError, RunNotFoundError, RunMismatchError, ProtocolMismatchError, EvictionError, RedisError.
   */
  static async open(options: BackfillOptions): Promise<Backfill> {
    const settings = settingsOf(options);
    const link = new RedisLink({ ...settings, of: { run: settings.name, link: "admin" } });
    try {
      const warnings = (await checkServer(link, settings.allowEviction)).map((warning) => ({
        run: settings.name,
        ...warning,
      }));
      for (const warning of warnings) publish("warning", () => warning);
      return new Backfill(await openRun(link, settings), settings.prefix, link, warnings);
    } catch (error) {
      link.close();
      throw refused(error);
    }
  }

  get name(): string {
    return this.#run.name;
  }

  /** Identifies the run: another run under the same name has another epoch. */
  get epoch(): string {
    return this.#run.epoch;
  }

  get chunkSize(): number {
    return this.#run.definition.chunkSize;
  }

  /**
   * A worker for this run, with connections of its own. It must be closed before the process ends.
   *
   * @throws InvalidOptionError.
   */
  worker<T>(options: WorkerOptions<T>): Worker {
    return new Worker(this.#run, options);
  }

  /** @throws EpochError when the run is gone, RedisError, ClosedError; as all that follows. */
  async status(): Promise<Status> {
    return statusOf(this.name, this.#run.definition, await this.#ask<Survey>(survey));
  }

  /** Workers claim nothing more until `resume`; what is under way finishes. */
  async pause(): Promise<void> {
    await this.#ask(steer, { state: "paused" });
  }

  async resume(): Promise<void> {
    await this.#ask(steer, { state: "running" });
  }

  /** In no order. */
  async *deadLetters(): AsyncGenerator<DeadLetter> {
    for await (const { letter } of scanLetters(this.#link, this.#run.keys.dead)) yield letter;
  }

  /** Gives dead letters a new start, with no attempts and no crashes. @returns how many. */
  async retry(selection: DeadLetterSelection = {}): Promise<number> {
    return this.#eachSelected(selection, async (fields) => {
      const { moved } = await this.#ask<{ readonly moved: number }>(resurrect, {}, fields);
      return moved;
    });
  }

  /** Forgets dead letters. @returns how many. */
  async discard(selection: DeadLetterSelection = {}): Promise<number> {
    return this.#eachSelected(selection, async (fields) =>
      Number(await this.#command("HDEL", [this.#run.keys.dead, ...fields])),
    );
  }

  /** What is known about one id. In a list of ids, a stream or a list it is searched for. */
  async inspect(id: string): Promise<Inspection> {
    const { definition, keys } = this.#run;
    const place = await locate(this.#link, definition, keys, id);
    if (place !== undefined) {
      const { chunk, index } = place;
      const position = chunk * definition.chunkSize + index;
      return inspectionOf(place, await this.#ask<Findings>(inspect, { chunk, index, position }));
    }
    for await (const letter of this.deadLetters()) if (letter.id === id) return { state: "dead", letter };
    return { state: "unknown" };
  }

  /**
   * Compares the run with the ids that the sink has.
   *
   * @throws UnsupportedError for a stream or a list.
   */
  async verify(seen: Iterable<string> | AsyncIterable<string>): Promise<Verification> {
    return verify(this.#link, this.#run.definition, this.#run.keys, seen);
  }

  /**
   * Deletes the run. Workers that are still at it stop with an EpochError. A list gets back what was taken from it and is not
   * done; what was taken from a stream is pending in its group, for the next run.
   */
  async purge(): Promise<void> {
    if (this.#run.definition.kind === "list") await this.#ask(giveBack);
    else await this.#command("UNLINK", [...this.#run.keys.own]);
    await this.#command("DEL", [pointerOf(this.#prefix, this.name)]);
  }

  /** Closes its connection; workers have their own. */
  async close(): Promise<void> {
    this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #eachSelected(
    { ids }: DeadLetterSelection,
    act: (fields: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const wanted = ids === undefined ? undefined : new Set(ids);
    const fields: string[] = [];
    for await (const { field, letter } of scanLetters(this.#link, this.#run.keys.dead))
      if (wanted === undefined || wanted.has(letter.id)) fields.push(field);
    let moved = 0;
    for (let at = 0; at < fields.length; at += atOnce) moved += await act(fields.slice(at, at + atOnce));
    return moved;
  }

  async #ask<T>(script: Script, fields: object = {}, rest: readonly string[] = []): Promise<T> {
    const { name, epoch, keys } = this.#run;
    try {
      return readAnswer(
        name,
        await this.#link.run(script, keys.all, [JSON.stringify({ epoch, ...fields }), ...rest]),
      ) as T;
    } catch (error) {
      throw refused(error);
    }
  }

  async #command(command: string, args: string[]): Promise<unknown> {
    try {
      return await this.#link.call(command, args);
    } catch (error) {
      throw refused(error);
    }
  }
}

/** An error reply of the server under a code of ours; any other error as it is. */
function refused(error: unknown): unknown {
  return error instanceof Error && error.name === "ReplyError"
    ? new RedisError("refused", error.message, error)
    : error;
}
