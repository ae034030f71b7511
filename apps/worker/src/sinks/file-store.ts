import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

import { AwayError, type CallOptions, type Fetched } from "@fleet/backfill";

import { SinkError } from "../errors.ts";
import { exclusive } from "./exclusive.ts";
import type { Store } from "./store.ts";
import { toJson } from "./to-json.ts";

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const newline = 10;
const page = 65_536;

/**
 * A file of lines `{"id","token","value"}`, appended to. What a process left half-written is cut off when the file is opened
 * again; a write counts when it is on the disk. An id may stand there twice: the line with the higher token is the newer one.
 */
export class FileStore implements Store {
  readonly #path: string;
  readonly #lock: Disposable;
  readonly #file: FileHandle;
  /** How much of the file is whole lines. */
  #length: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(path: string, lock: Disposable, file: FileHandle, length: number) {
    this.#path = path;
    this.#lock = lock;
    this.#file = file;
    this.#length = length;
  }

  /** @throws SinkError when another process writes to it, or it is a file of something else. */
  static async open(path: string): Promise<FileStore> {
    await mkdir(dirname(path), { recursive: true });
    const lock = exclusive(path);
    try {
      // Not for appending: such a file cannot be written to where a failed write began.
      const file = await open(path, "a+").then(async (made) => {
        await made.close();
        return open(path, "r+");
      });
      const { size } = await file.stat();
      await check(file, size, path);
      return new FileStore(path, lock, file, await endOfLines(file, size));
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  async prepare(): Promise<void> {
    await this.#file.truncate(this.#length);
  }

  async write(records: readonly Fetched<unknown>[], { token }: CallOptions): Promise<void> {
    const text = records
      .map(({ id, value }) => `{"id":${JSON.stringify(id)},"token":${token},"value":${toJson(value)}}\n`)
      .join("");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ text, resolve, reject });
    this.#flushing ??= this.#flush();
    return promise;
  }

  pressure(): number {
    return 0;
  }

  async *ids(): AsyncGenerator<string> {
    if (this.#length === 0) return;
    // Not `readline`: it also ends a line where JSON has U+2028 in a text.
    let rest = "";
    for await (const chunk of createReadStream(this.#path, { encoding: "utf8", end: this.#length - 1 })) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield (JSON.parse(line) as { readonly id: string }).id;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#file.close();
    this.#lock[Symbol.dispose]();
  }

  /** All that waits goes to the disk together. */
  async #flush(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        await this.#append(Buffer.from(batch.map(({ text }) => text).join("")));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // A disk that is full or broken has nothing to do with the record.
        const { message } = error as Error;
        for (const { reject } of batch) reject(new AwayError(message, { cause: error }));
      }
    }
    this.#flushing = undefined;
  }

  #take(): Waiting[] {
    const batch = this.#waiting;
    this.#waiting = [];
    return batch;
  }

  /** Where it fails half-way, the next write begins at the same place. */
  async #append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#length + done);
      done += bytesWritten;
    }
    await this.#file.datasync();
    this.#length += bytes.length;
  }
}

/** @throws SinkError unless it is empty or its first line is one of ours. */
async function check(file: FileHandle, size: number, path: string): Promise<void> {
  const start = Buffer.alloc(Math.min(size, page));
  await file.read(start, 0, start.length, 0);
  if (size === 0 || /^\{"id":"(?:[^"\\]|\\.)*","token":\d+,"value":/.test(start.toString("utf8"))) return;
  // The very first line may have been cut anywhere.
  if (!start.includes(newline) && '{"id":"'.startsWith(start.toString("utf8").slice(0, 7))) return;
  throw new SinkError(
    "FLEET_WORKER_SINK_DIFFERS",
    `${path} is there and is no file of this worker: expected lines {"id":...,"token":...,"value":...}`,
  );
}

/** Where the last whole line ends. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - page);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.lastIndexOf(newline);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}
