import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { checkMs } from "./check-ms.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { DiscoveryError, FileAccessError, InvalidFileError, InvalidOptionError } from "./errors.ts";
import { parseFile } from "./file-document.ts";
import { FolderWatch } from "./folder-watch.ts";
import type { Instance } from "./instance.ts";
import type { InstanceSource, SourceSink } from "./source.ts";

interface FileSourceOptions {
  /** A YAML or JSON file: `{ instances: [...] }`. */
  readonly path: string;
  /** Tells several files of one fleet apart. @default `file:<path>` */
  readonly name?: string;
  /** Milliseconds from the first sign of a change to reading the file: editors write in several steps. @default 100 */
  readonly debounceMs?: number;
  /** Milliseconds after which the file is read even when nothing seemed to happen: not every file system tells. @default 30000 */
  readonly resyncMs?: number;
  /** Time for the two above. @default the process's monotonic clock */
  readonly clock?: Clock;
}

/** Hears of every outcome; there is one for the time between `start` and `close`. */
interface Delivery {
  readonly sink: SourceSink;
  readonly first: PromiseWithResolvers<void>;
}

/** Instances from a file, read again whenever it changes. A file that is broken or gone changes nothing and is reported. */
export class FileSource implements InstanceSource {
  readonly name: string;
  readonly #path: string;
  readonly #debounceMs: number;
  readonly #resyncMs: number;
  readonly #clock: Clock;
  readonly #watch: FolderWatch;
  readonly #abort = new AbortController();
  #delivery: Delivery | undefined;
  #timer: unknown;
  #soon = false;
  #loading: Promise<void> | undefined;
  #changedMeanwhile = false;
  #last: { readonly bytes: Buffer; readonly instances: readonly Instance[] } | undefined;

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor({
    path,
    name = `file:${path}`,
    debounceMs = 100,
    resyncMs = 30_000,
    clock,
  }: FileSourceOptions) {
    if (typeof path !== "string" || path === "")
      throw new InvalidOptionError("path", "the path of a file", JSON.stringify(path));
    if (name === "") throw new InvalidOptionError("name", "a non-empty string", '""');
    this.name = name;
    this.#path = resolve(path);
    this.#debounceMs = checkMs("debounceMs", debounceMs, 0);
    this.#resyncMs = checkMs("resyncMs", resyncMs, 1);
    this.#clock = clock ?? systemClock;
    this.#watch = new FolderWatch(
      () => this.#changed(),
      (error) =>
        this.#delivery?.sink.fail(new FileAccessError("FLEET_DISCOVERY_FILE_UNWATCHED", this.#path, error)),
    );
  }

  async start(sink: SourceSink, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    if (this.#abort.signal.aborted || this.#delivery !== undefined) throw this.#over();
    const first = Promise.withResolvers<void>();
    this.#delivery = { sink, first };
    const stop = (): void => void this.#end(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    this.#abort.signal.addEventListener("abort", () => signal.removeEventListener("abort", stop), {
      once: true,
    });
    this.#load();
    await first.promise;
  }

  close(): Promise<void> {
    return this.#end(this.#over());
  }

  async #end(reason: unknown): Promise<void> {
    this.#watch.close();
    this.#clock.clearTimeout(this.#timer);
    this.#abort.abort();
    this.#delivery?.first.reject(reason);
    await this.#loading;
  }

  /** Something happened around the file. The first sign counts, so that a busy folder cannot put the reading off for ever. */
  #changed(): void {
    if (this.#loading !== undefined) this.#changedMeanwhile = true;
    else if (!this.#soon) {
      this.#soon = true;
      this.#loadAfter(this.#debounceMs);
    }
  }

  #loadAfter(ms: number): void {
    if (this.#abort.signal.aborted) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#load(), ms);
  }

  #load(): void {
    this.#soon = false;
    this.#changedMeanwhile = false;
    this.#loading = this.#read().then(() => {
      this.#loading = undefined;
      if (this.#changedMeanwhile) this.#changed();
      else this.#loadAfter(this.#resyncMs);
    });
  }

  async #read(): Promise<void> {
    const { sink, first } = this.#delivery!;
    let bytes: Buffer;
    try {
      // First the watch, then the reading: what happens in between is read twice rather than not at all.
      await this.#watch.follow(this.#path);
      bytes = await readFile(this.#path, { signal: this.#abort.signal });
    } catch (error) {
      if (!this.#abort.signal.aborted)
        sink.fail(new FileAccessError("FLEET_DISCOVERY_FILE_UNREADABLE", this.#path, error));
      return;
    }
    if (this.#abort.signal.aborted) return;
    if (this.#last === undefined || !this.#last.bytes.equals(bytes)) {
      const { instances, faults } = parseFile(bytes);
      if (faults !== undefined) return sink.fail(new InvalidFileError(this.#path, faults));
      this.#last = { bytes, instances };
    }
    sink.replace(this.#last.instances);
    first.resolve();
  }

  #over(): DiscoveryError {
    return new DiscoveryError(
      "FLEET_DISCOVERY_CLOSED",
      `Source ${this.name} is closed or was started before`,
    );
  }
}
