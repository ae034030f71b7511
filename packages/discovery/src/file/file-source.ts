import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import {
  checkOptions,
  clock as ofClock,
  complete,
  ms,
  required,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";
import { inBackground, systemClock, type Clock } from "@fleet/time";

import { FileAccessError, InvalidFileError, InvalidOptionError } from "../errors.ts";
import type { Instance } from "../instance/instance.ts";
import { Delivery } from "../source/delivery.ts";
import type { InstanceSource, SourceSink, SourceStartOptions } from "../source/source.ts";
import { parseFile } from "./file-document.ts";
import { FolderWatch } from "./folder-watch.ts";

export interface FileSourceOptions {
  /** A YAML or JSON file: `{ instances: [...] }`. */
  readonly path: string;
  /** Distinguishes several files of one fleet. @default `file:<path>` */
  readonly name?: string;
  /** Milliseconds from the first sign of a change to reading the file: editors write in several steps. @default 100 */
  readonly debounceMs?: number;
  /** Milliseconds after which the file is read even when nothing seemed to happen: not every file system reports changes. @default 30000 */
  readonly resyncMs?: number;
  /** Time for the two above. @default the process's monotonic clock */
  readonly clock?: Clock;
}

export const fileRules: Rules<FileSourceOptions> = {
  path: required({ ...text, expected: "the path of a file" }),
  name: text,
  debounceMs: withDefault(100, ms(0)),
  resyncMs: withDefault(30_000, ms()),
  clock: ofClock,
};

/** Instances from a file, read again whenever it changes. A file that is broken or gone changes nothing and is reported. */
export class FileSource implements InstanceSource {
  readonly name: string;
  readonly #path: string;
  readonly #debounceMs: number;
  readonly #resyncMs: number;
  readonly #clock: Clock;
  readonly #watch: FolderWatch;
  readonly #delivery: Delivery;
  #timer: unknown;
  #soon = false;
  #loading: Promise<void> | undefined;
  #changedMeanwhile = false;
  #last: { readonly bytes: Buffer; readonly instances: readonly Instance[] } | undefined;

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: FileSourceOptions) {
    checkOptions(options, fileRules, InvalidOptionError);
    const { path, debounceMs, resyncMs, ...rest } = complete<FileSourceOptions, "name" | "clock">(
      options,
      fileRules,
    );
    const { name = `file:${path}`, clock = systemClock } = rest;
    this.name = name;
    this.#path = resolve(path);
    this.#debounceMs = debounceMs;
    this.#resyncMs = resyncMs;
    this.#clock = inBackground(clock);
    this.#watch = new FolderWatch(
      () => this.#changed(),
      (error) =>
        this.#delivery.fail(new FileAccessError("FLEET_DISCOVERY_FILE_UNWATCHED", this.#path, error)),
    );
    this.#delivery = new Delivery(name);
    this.#delivery.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  start(sink: SourceSink, options: SourceStartOptions): Promise<void> {
    return this.#delivery.begin(sink, options, () => this.#load());
  }

  async close(): Promise<void> {
    this.#delivery.end();
    await this.#loading;
  }

  #stop(): void {
    this.#watch.close();
    this.#clock.clearTimeout(this.#timer);
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
    if (this.#delivery.signal.aborted) return;
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
    let bytes: Buffer;
    try {
      // First the watch, then the reading: what happens in between is read twice rather than not at all.
      await this.#watch.follow(this.#path);
      bytes = await readFile(this.#path, { signal: this.#delivery.signal });
    } catch (error) {
      this.#delivery.fail(new FileAccessError("FLEET_DISCOVERY_FILE_UNREADABLE", this.#path, error));
      return;
    }
    if (this.#last === undefined || !this.#last.bytes.equals(bytes)) {
      const { instances, faults } = parseFile(bytes);
      if (faults !== undefined) return this.#delivery.fail(new InvalidFileError(this.#path, faults));
      this.#last = { bytes, instances };
    }
    this.#delivery.replace(this.#last.instances);
  }
}
