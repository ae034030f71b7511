import type { TlsReference } from "../../instance/instance.ts";
import type { Profile } from "../profiles/profile.ts";
import { expand } from "../profiles/template.ts";
import type { Variables } from "../profiles/template.ts";
import type { ReleaseSettings } from "./release-settings.ts";

interface TlsFacts {
  /** Whether a port says so. */
  readonly shown: boolean;
  readonly profile: Profile;
  readonly namespace: string;
  /** A Pod of the release. */
  readonly pod: string | undefined;
  readonly variables: Variables;
  /** The DNS names of its Services that lead to Redis, the main one's first. */
  readonly services: readonly string[];
  /** Whether these names are whole, with the domain of the cluster. */
  readonly hasDomain: boolean;
}

/** The domain of a cluster that was given no other; certificates that charts make carry it. */
const usualDomain = "cluster.local";

/**
 * How TLS is spoken. Annotations say it, whatever else does; one that cannot be read speaks it too, since a typing error must not send a
 * password in the clear. Else the name of a port says it, and else a Pod of the release does, when it is dialed.
 */
export function tlsOf(settings: ReleaseSettings, facts: TlsFacts): TlsReference | undefined {
  const { shown, profile, namespace, pod, variables } = facts;
  const named = settings.orBroken("tls-secret");
  const asked = settings.of("tls");
  const isCertain = asked ?? (shown || named !== undefined || settings.orBroken("tls") === false);
  if (asked === false || (!isCertain && pod === undefined)) return undefined;
  const usual = profile.tlsSecret === undefined ? undefined : expand(profile.tlsSecret, variables);
  const places = [
    pod === undefined ? undefined : `pod:${namespace}/${pod}`,
    usual === undefined ? undefined : `${namespace}/${usual}`,
  ].filter((place) => place !== undefined);
  const secret = typeof named === "string" ? `${namespace}/${named}` : Object.freeze(places);
  return Object.freeze({
    ...(named !== false && secret.length > 0 && { secret }),
    ...(!isCertain && { optional: true as const }),
    servername: settings.of("servername") ?? namesOf(facts),
  });
}

/**
 * The names that its certificate may carry: any of its Services', also with the domain of the cluster. They are names of this release
 * alone, so a certificate of another does not pass.
 */
function namesOf({ services, hasDomain }: TlsFacts): string | readonly string[] {
  const whole = hasDomain ? [] : services.map((name) => `${name}.${usualDomain}`);
  const [name = "", ...others] = new Set([...services, ...whole]);
  return others.length === 0 ? name : Object.freeze([name, ...others]);
}
