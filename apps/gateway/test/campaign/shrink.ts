/**
 * The smallest part of a list that still fails that can be found by leaving pieces out, halves first.
 *
 * @param fails must not depend on anything but the list.
 */
export async function shrunk<T>(
  list: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let current = list;
  for (let size = Math.ceil(current.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < current.length && current.length > 1;) {
      const part = [...current.slice(0, from), ...current.slice(from + size)];
      if (part.length > 0 && (await fails(part))) current = part;
      else from += size;
    }
  }
  return current;
}
