/** What charts and operators call the variable, the likeliest first. */
const known: readonly string[] = [
  "REDIS_PASSWORD",
  "VALKEY_PASSWORD",
  "REDISCLI_AUTH",
  "VALKEYCLI_AUTH",
  "DFLY_requirepass",
  "DFLY_PASSWORD",
  "KEYDB_PASSWORD",
  "REDIS_PASS",
  "REDIS_AUTH",
];

const own = /^(?:REDIS|VALKEY|KEYDB|DFLY|DRAGONFLY|KVROCKS|FALKORDB)(?:_|$)/i;
/** Of a container that is known to be the server: its own, with nothing that says of what else it could be. */
const bare = /^(?:(?:CACHE|DEFAULT|SERVER|MY)_)?(?:AUTH|PASSWORD|PASSWD|PASS|REQUIREPASS)$/i;

/** Whether a variable carries the name of Redis, of Valkey or of a server like them. */
export const isOwnName = (variable: string): boolean => own.test(variable) || known.includes(variable);

/**
 * How likely a variable is the password of a Redis, 0 the likeliest; undefined for what is none.
 *
 * @param isServers whether a container that runs Redis has it by name: names without Redis' count then as well.
 */
export function rankOf(variable: string, isServers: boolean): number | undefined {
  const name = variable.replace(/_FILE$/i, "");
  const index = known.indexOf(name);
  if (index !== -1) return index;
  if (!own.test(name)) return isServers && bare.test(name) ? 200 : undefined;
  if (!/(?:pass|password|passwd|passphrase|auth|requirepass|pw|pwd)$/i.test(name)) return undefined;
  // Of Sentinels, of keys of certificates, of helpers, and switches.
  if (
    /sentinel|tls|ssl|empty|enabled|clients|required?$|method|exporter|backup|commander|insight/i.test(name)
  )
    return undefined;
  // What a replica logs in to its primary with: mostly the same.
  return /master|primary|repl/i.test(name) ? 300 : 100;
}

/** Those that a sidecar has for the Redis of its Pod. */
export const isKnownName = (variable: string): boolean => known.includes(variable);

export const isFileName = (variable: string): boolean => /_FILE$/i.test(variable);
