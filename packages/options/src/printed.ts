/** A value as errors show it, on one line. A text that may be a URL or a query is not shown: people paste passwords with those. */
export function printed(value: unknown): string {
  if (typeof value !== "string") return isPlain(value) ? String(value) : kindOf(value);
  if (/[@?=]|:\/\//.test(value)) return "a string that is not shown";
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}

/** What a value is, without the value. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function isPlain(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
