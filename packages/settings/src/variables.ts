import { meant } from "./nearest.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which variables an app knows, and which it answers for. */
export interface Guarded {
  readonly environment: Environment;
  /** What the names of variables begin with of which an unknown one is a fault. */
  readonly prefixes: readonly string[];
  readonly known: readonly string[];
  /** Variables that `env:NAME` references lead to. */
  readonly referenced: ReadonlySet<string>;
  /** Why a variable is none of this app's; undefined where it should be. */
  readonly foreign?: ((name: string) => string | undefined) | undefined;
}

/**
 * A fault for each variable that looks like a setting and is none, since a misspelt one would be ignored; a remark for each that is
 * left alone on purpose.
 */
export function unknownVariables(guarded: Guarded): {
  readonly faults: readonly string[];
  readonly remarks: readonly string[];
} {
  const { environment, prefixes, known, referenced, foreign } = guarded;
  const faults: string[] = [];
  const remarks: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    const prefix = prefixes.find((one) => name.startsWith(one));
    if (prefix === undefined || value === undefined || referenced.has(name)) continue;
    const why = isServiceLink(name, environment) ? "Kubernetes sets it for a Service" : foreign?.(name);
    if (why !== undefined) remarks.push(`${name}: ignored, ${why}`);
    else if (!known.includes(name))
      faults.push(`${name}: is not a known variable${meantBy(name, prefix, known)}`);
  }
  return { faults, remarks };
}

/** The prefix says nothing about which of them was meant. */
function meantBy(name: string, prefix: string, known: readonly string[]): string {
  const rests = known.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  return meant(name.slice(prefix.length), rests).replace(/(did you mean|the nearest is) /, `$1 ${prefix}`);
}

/**
 * Whether Kubernetes set a variable: into every container it puts, for a Service `fleet-x`, FLEET_X_SERVICE_HOST,
 * FLEET_X_SERVICE_PORT, FLEET_X_PORT=tcp://10.0.0.1:80 and FLEET_X_PORT_80_TCP...
 */
export function isServiceLink(name: string, environment: Environment): boolean {
  const service =
    /^(.+?)_(?:SERVICE_(?:HOST|PORT(?:_.+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;
  const [, owner] = service.exec(name) ?? [];
  if (owner === undefined) return false;
  const isUrl = /^(?:tcp|udp|sctp):\/\/[^/]+:\d+$/.test(environment[name] ?? "");
  // A setting may be called so too, as FLEET_LISTEN_PORT is: then only the value shows which.
  return name === `${owner}_PORT` ? isUrl : true;
}

/** The names of all variables that references (`env:NAME`) in a configuration lead to. */
export function referencesIn(value: unknown): readonly string[] {
  if (typeof value === "string")
    return [...value.matchAll(/\benv:([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name]) => name!);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(referencesIn);
}

/** Names of variables that hold credentials by what they are called. */
export const credentialShaped: RegExp =
  /(?:^|_)(?:PASS|PASSWORD|PASSWD|AUTH|USER|USERNAME|SECRET|CREDENTIALS)$/;
