import { distance, nearest as closest } from "@fleet/options";

/**
 * The name that was most likely meant: the shortest that has all words of what was given; else that with the fewest letters to change,
 * if those are at most a third; else none.
 */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const wanted = wordsOf(given);
  const [longer] = names
    .filter((name) => wanted.every((word) => wordsOf(name).includes(word)))
    .toSorted((one, other) => one.length - other.length);
  if (longer !== undefined) return longer;
  const best = closest(given, names);
  const most = Math.ceil(given.length / 3);
  return best !== undefined && distance(given.toLowerCase(), best.toLowerCase()) <= most ? best : undefined;
}

/** `; did you mean NAME?`, or where that is not likely `; the nearest is NAME`. */
export function meant(given: string, names: readonly string[]): string {
  const name = nearest(given, names);
  if (name !== undefined) return `; did you mean ${name}?`;
  const any = closest(given, names);
  return any === undefined ? "" : `; the nearest is ${any}`;
}

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/[a-z][A-Z]/g, ([low, high]) => `${low}_${high}`)
    .toLowerCase()
    .split(/[^a-z0-9]+/);
