/** Lines of redis.conf by directive; a list repeats the directive, one line for each. */
export type RedisConfig = Readonly<Record<string, string | number | readonly string[]>>;

/** The text of a redis.conf: `ours` first, a directive of `theirs` in its place where both name it. */
export function redisConf(ours: RedisConfig, theirs: RedisConfig, acl: readonly string[]): string {
  const directives = new Map<string, RedisConfig[string]>();
  for (const [name, value] of [...Object.entries(ours), ...Object.entries(theirs)])
    directives.set(name.toLowerCase(), value);
  const lines = [...directives].flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name} ${argument(String(one))}`),
  );
  return [...lines, ...acl, ""].join("\n");
}

/** A string as redis.conf reads it back unchanged. */
export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}

// Values are written as they stand ("900 1" is two arguments); only nothing at all needs quotes.
function argument(value: string): string {
  return value === "" ? '""' : value;
}
