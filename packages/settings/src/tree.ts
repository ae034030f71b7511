/** What a file, or several layers together, say: mappings of mappings. */
export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a dotted path; undefined where there is none. */
export function valueAt(tree: unknown, path: string): unknown {
  let value = tree;
  for (const key of path.split(".")) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Every value in a tree with its dotted path; an empty mapping is one too. @param isWhole whether a mapping at a path is one value. */
export function leavesOf(
  tree: Tree,
  isWhole: (path: string) => boolean,
  above = "",
): readonly (readonly [path: string, value: unknown])[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = above + key;
    const isSection = isTree(value) && Object.keys(value).length > 0 && !isWhole(path);
    return isSection ? leavesOf(value, isWhole, `${path}.`) : [[path, value] as const];
  });
}

/** Whether nothing but mappings stands where a dotted path leads through. */
export function hasRoom(tree: Tree, path: string): boolean {
  const keys = path.split(".");
  return keys.every((_, length) => {
    const section = length === 0 ? tree : valueAt(tree, keys.slice(0, length).join("."));
    return section === undefined || isTree(section);
  });
}

/** Puts a value at a dotted path. What stands in the way and is no mapping is replaced. */
export function place(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = tree;
  for (const key of keys) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    at = isTree(next) ? next : define(at, key, {});
  }
  define(at, last, value);
}

/** An assignment to `__proto__` would not make a key. */
function define<T>(tree: Tree, key: string, value: T): T {
  Reflect.defineProperty(tree, key, { value, enumerable: true, writable: true, configurable: true });
  return value;
}

/** Takes what is at a path away. */
export function remove(tree: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  let at = tree;
  for (const key of path.slice(0, -1)) at = (at as Record<PropertyKey, unknown> | undefined)?.[key];
  if (last !== undefined && typeof at === "object" && at !== null) Reflect.deleteProperty(at, last);
}

/** `tokens[0].rights` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}
