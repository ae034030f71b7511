/** The name that was most likely meant: the fewest letters to change, and no more than a third of them; else none. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(given, name) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= Math.ceil(given.length / 3) ? best.name : undefined;
}

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
