import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Reports that something happened in the folder of a file, and in the folder of what it links to.
 *
 * Folders and not the file: editors and Kubernetes do not write into a file, they put another one in its place, and a watch
 * would stay with the old one. A folder that was itself replaced is noticed at the next `follow`.
 */
export class FolderWatch {
  readonly #onEvent: () => void;
  readonly #onError: (error: unknown) => void;
  /** By identity of the folder, not by its name: the same name can be another folder tomorrow. */
  #watchers: ReadonlyMap<string, FSWatcher> = new Map();
  #closed = false;

  constructor(onEvent: () => void, onError: (error: unknown) => void) {
    this.#onEvent = onEvent;
    this.#onError = onError;
  }

  /** Watches where the file is now; folders that it left are let go. A folder that is not there is not watched. */
  async follow(file: string): Promise<void> {
    const target = await realpath(file).catch(() => file);
    const folders = await Promise.all([...new Set([dirname(file), dirname(target)])].map(identified));
    if (this.#closed) return;
    const before = this.#watchers;
    const watchers = new Map<string, FSWatcher>();
    for (const { id, folder } of folders.flat()) {
      const watcher = before.get(id) ?? this.#watch(folder);
      if (watcher !== undefined) watchers.set(id, watcher);
    }
    this.#watchers = watchers;
    for (const [id, watcher] of before) if (!watchers.has(id)) watcher.close();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers = new Map();
  }

  #watch(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#onEvent());
      watcher.on("error", (error) => {
        watcher.close();
        this.#watchers = new Map([...this.#watchers].filter(([, other]) => other !== watcher));
        this.#onError(error);
      });
      return watcher;
    } catch (error) {
      // The kernel's limit of watches, most often. Reading goes on without.
      this.#onError(error);
      return undefined;
    }
  }
}

async function identified(
  folder: string,
): Promise<readonly { readonly id: string; readonly folder: string }[]> {
  try {
    const { dev, ino } = await stat(folder);
    return [{ id: `${dev}:${ino}`, folder }];
  } catch {
    return [];
  }
}
