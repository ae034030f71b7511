import type { InstanceInput } from "@fleet/discovery";

/** The instance that REDIS_URL stands for. */
const name = "default";

/**
 * The instance behind `redis://[user:password@]host[:port][/0]`, or `rediss://` for TLS. The password stays in the variable, to which the
 * instance refers. Undefined for anything else.
 */
export function instanceAt(text: string, variable: string): InstanceInput | undefined {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "") return undefined;
  if (!/^\/?0?$/.test(url.pathname) || url.search !== "" || url.hash !== "") return undefined;
  const username = decodeURIComponent(url.username);
  const isNamed = username !== "" || url.password !== "";
  return {
    name,
    endpoints: [
      { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? 6379 : Number(url.port) },
    ],
    ...(isNamed && {
      credentials: {
        ...(username !== "" && { username }),
        ...(url.password !== "" && { password: `env:${variable}` }),
      },
    }),
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}
