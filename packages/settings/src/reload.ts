import { isDeepStrictEqual } from "node:util";

import type { Setting } from "./setting.ts";
import { place, type Tree, valueAt } from "./tree.ts";

/** What reading a configuration again came to. */
export interface Reloaded<C> {
  /** The one before, with the new values of the settings that `reloads` says count at once. */
  readonly config: C;
  /** Paths of settings whose new values are in it. */
  readonly changed: readonly string[];
  /** Paths of settings whose new values count after a restart only. */
  readonly waiting: readonly string[];
}

/** Takes over from a newer configuration what may change while the app runs. Neither of the two is changed. */
export function reload<C extends object>(settings: readonly Setting[], before: C, after: C): Reloaded<C> {
  const config = { ...before } as Tree;
  const differs = settings.filter(
    ({ path }) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)),
  );
  const changed = differs.filter(({ reloads }) => reloads === true);
  for (const { path } of changed) {
    const section = path.includes(".") ? path.slice(0, path.indexOf(".")) : undefined;
    if (section !== undefined) config[section] = structuredClone(config[section]);
    place(config, path, valueAt(after, path));
  }
  return {
    config: config as C,
    changed: changed.map(({ path }) => path),
    waiting: differs.filter(({ reloads }) => reloads !== true).map(({ path }) => path),
  };
}
