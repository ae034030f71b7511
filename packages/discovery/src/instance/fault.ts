/** One thing that is wrong with a list of instances, and where. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `instances[0].endpoints[1].port` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** Fields that are words by themselves; a string anywhere else is a mistake of which nothing is known. */
const words: ReadonlySet<PropertyKey> = new Set(
  "name uid namespace group state reads host srv port role zone caFile certFile keyFile servername".split(
    " ",
  ),
);

/**
 * What stands at a path, fit to be printed: nothing below `credentials`, no string that looks like a URL or a query (people
 * paste connection strings, passwords included, where a host belongs), nothing that is not a plain value.
 */
export function shown(root: unknown, path: readonly PropertyKey[]): string {
  let value = root;
  for (const key of path) {
    if (key === "credentials") return "a value that is not shown";
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return "nothing";
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  if (typeof value === "string" && !words.has(path.at(-1) ?? "")) return "a string that is not shown";
  return plain(value);
}

/** A value fit to be printed, one line. */
export function plain(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a record";
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (typeof value !== "string") return `a ${typeof value}`;
  if (/[@?=]|:\/\//.test(value)) return "a string that is not shown";
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}
