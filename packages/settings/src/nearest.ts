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
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.edits - other.edits);
  return best !== undefined && best.edits <= Math.ceil(given.length / 3) ? best.name : undefined;
}

/** `; did you mean NAME?`, or nothing. */
export function meant(given: string, names: readonly string[]): string {
  const name = nearest(given, names);
  return name === undefined ? "" : `; did you mean ${name}?`;
}

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/[a-z][A-Z]/g, ([low, high]) => `${low}_${high}`)
    .toLowerCase()
    .split(/[^a-z0-9]+/);

/** Letters to insert, delete or replace to make the one of the other (Levenshtein). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 0; at < one.length; at += 1) {
    const next = [at + 1];
    for (let to = 1; to <= other.length; to += 1)
      next.push(
        Math.min(next[to - 1]! + 1, row[to]! + 1, row[to - 1]! + (one[at] === other[to - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[other.length]!;
}
