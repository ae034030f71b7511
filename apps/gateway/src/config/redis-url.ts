import type { InstanceInput } from "@fleet/discovery";

/** The instance that REDIS_URL stands for. */
const name = "default";

/**
 * The instance behind `redis://[user:password@]host[:port][/0]`, or `rediss://` for TLS. The password stays in the variable, to which the
 * instance refers. Undefined for anything else, also where a user has no password: calls would run as another one.
 */
export function instanceAt(text: string, variable: string): InstanceInput | undefined {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "") return undefined;
  if (!/^\/?0?$/.test(url.pathname) || url.search !== "" || url.hash !== "") return undefined;
  const username = decoded(url.username);
  if (username === undefined || decoded(url.password) === undefined) return undefined;
  if (username !== "" && url.password === "") return undefined;
  return {
    name,
    endpoints: [
      { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? 6379 : Number(url.port) },
    ],
    ...(url.password !== "" && {
      credentials: { ...(username !== "" && { username }), password: `env:${variable}` },
    }),
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}

/** A part of a URL as it was before it was percent-encoded; undefined where it is not encoded right. */
export function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
