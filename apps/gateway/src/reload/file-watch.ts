import { unwatchFile, watchFile } from "node:fs";
import type { StatsListener } from "node:fs";

/**
 * Looks at a file every `intervalMs` and calls back when it was written, replaced or linked elsewhere. It is asked for and not waited
 * for: Kubernetes swaps a link in a folder above, which no notification of the file reports. A file that is gone is no change.
 */
export function watchForChange(path: string, intervalMs: number, changed: () => void): Disposable {
  const listener: StatsListener = (now, before) => {
    const isSame = now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size;
    if (now.nlink > 0 && !isSame) changed();
  };
  watchFile(path, { interval: intervalMs, persistent: false }, listener);
  return { [Symbol.dispose]: () => unwatchFile(path, listener) };
}
