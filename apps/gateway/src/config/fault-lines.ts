import type { z } from "zod";

/** Where a value came from: `flag --listen-port`, `environment FLEET_LISTEN_PORT`, `file fleet.yaml`, `default`. */
export type Sources = ReadonlyMap<string, string>;

/** Every fault that the schema found, a line each: where, what was expected, what stands there, and who said so. */
export function faultLines(issues: readonly z.core.$ZodIssue[], tree: unknown, sources: Sources): string[] {
  return issues.flatMap((issue) => {
    const where = pathText(issue.path);
    const from = origin(issue.path, sources);
    if (issue.code !== "unrecognized_keys")
      return [`${where}: ${worded(issue.message)}, got ${shown(tree, issue.path)}${from}`];
    return issue.keys.map(
      (key) => `${where === "" ? key : `${where}.${key}`}: ${unknown(key, issue.path[0])}${from}`,
    );
  });
}

function unknown(key: string, room: PropertyKey | undefined): string {
  if (!secretKey.test(key)) return "is not a known setting";
  return room === "kubernetes"
    ? "is not a known setting, and no secret has its place in the configuration"
    : "a secret has no place in the configuration; give the token's digest (`fleet-gateway digest` makes it)";
}

/** `Invalid input: expected number, received string` says the type of what is printed after it, and twice that it is wrong. */
const worded = (message: string): string =>
  message.replace(/^Invalid (?:input|option): /, "").replace(/, received \w+$/, "");

const secretKey = /token|secret|password|bearer/i;

function origin(path: readonly PropertyKey[], sources: Sources): string {
  for (let length = path.length; length > 0; length -= 1) {
    const source = sources.get(path.slice(0, length).map(String).join("."));
    if (source !== undefined) return ` (${source})`;
  }
  return "";
}

/** `tokens[0].rights` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    "",
  );
}

/**
 * A plain value. Of a token only its rights and targets are shown: people put the token itself anywhere else. Of credentials
 * nothing is.
 */
function shown(root: unknown, path: readonly PropertyKey[]): string {
  if (path[0] === "tokens" && path[2] !== "rights" && path[2] !== "targets")
    return "a value that is not shown";
  if (path.some((key) => /credentials|password/i.test(String(key)))) return "a value that is not shown";
  let value = root;
  for (const key of path)
    value =
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a mapping";
  const text = JSON.stringify(value);
  // A connection string brings its password along.
  if (text.includes("://")) return "a URL that is not shown";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
