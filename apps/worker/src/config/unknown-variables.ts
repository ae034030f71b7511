import { nearest } from "./nearest.ts";

const prefix = "FLEET_WORKER_";

/** What Kubernetes puts into every container for a Service whose name begins with `fleet-worker`. */
const isServiceLink = (name: string, value: string): boolean =>
  /_SERVICE_(?:HOST|PORT(?:_.+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name) ||
  (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(value));

/** A line for each variable that looks like one of ours and is none: a slip of the pen would else be ignored. */
export function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  return Object.entries(environment).flatMap(([name, value = ""]) => {
    if (!name.startsWith(prefix) || known.includes(name) || isServiceLink(name, value)) return [];
    const meant = nearest(
      name.slice(prefix.length),
      known.map((one) => one.slice(prefix.length)),
    );
    return [
      `${name}: is not a known variable${meant === undefined ? "" : `; did you mean ${prefix}${meant}?`}`,
    ];
  });
}
