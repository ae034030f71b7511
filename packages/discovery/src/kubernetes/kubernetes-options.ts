import { checkOptions, clock, func, listOf, ms, oneOf, type Rules, text, withDefault } from "@fleet/options";
import type { Clock } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";
import { hostFault } from "../instance/address.ts";
import { dnsLabel } from "../instance/dns-label.ts";
import type { ApiServer, ApiServerOptions } from "./api/api-server.ts";
import type { ProfileName } from "./profiles/profile-name.ts";
import { profileFaults } from "./profiles/profile-schema.ts";
import type { Profile } from "./profiles/profile.ts";
import { profiles as known } from "./profiles/profiles.ts";
import type { DefaultCredentials } from "./releases/credentials.ts";

export interface KubernetesSourceOptions {
  /** The API server, which stays the caller's to close, or how to reach one. @default as kubectl finds it */
  readonly api?: ApiServer | ApiServerOptions;
  /** Distinguishes several clusters of one fleet. @default "kubernetes" */
  readonly name?: string;
  /** Where to look, each on its own; or `"*"`, everywhere at once. @default the namespace of the context or the service account */
  readonly namespaces?: readonly string[] | "*";
  /** Names of profiles that are known, and whole ones; the first that recognises a Service has it. @default all that are known */
  readonly profiles?: readonly (ProfileName | Profile)[];
  /** What instances are called: `namespace-instance` keeps tenants from each other's names. @default "instance" */
  readonly names?: "instance" | "namespace-instance";
  /** The password of instances for which none is found. */
  readonly defaultCredentials?: DefaultCredentials;
  /** What the names of Services end in, for certificates: `cluster.local`. @default they end in `svc` */
  readonly clusterDomain?: string;
  /** Only Services, and their slices, with these labels are read at all; as kubectl takes it. @default all */
  readonly labelSelector?: string;
  /** Milliseconds between two checks that nothing was missed. @default 30000 */
  readonly resyncMs?: number;
  /** Monotonic milliseconds and timers. @default the process's monotonic clock */
  readonly clock?: Clock;
  /** Jitter, in [0, 1). @default Math.random */
  readonly random?: () => number;
}

export const kubernetesRules: Rules<KubernetesSourceOptions> = {
  api: {
    kind: "object",
    expected: "an ApiServer, or options of one",
    fits: (value) => typeof value === "object" && value !== null,
  },
  name: withDefault("kubernetes", text),
  namespaces: {
    kind: "list",
    expected: 'a list of namespaces, or "*"',
    fits: (value) => value === "*" || (Array.isArray(value) && value.every((one) => typeof one === "string")),
  },
  profiles: listOf("profiles", () => true),
  names: withDefault("instance", oneOf("instance", "namespace-instance")),
  defaultCredentials: {
    kind: "record",
    expected: "a record with a password's reference",
    fits: (value) => typeof value === "object" && value !== null,
    secret: true,
  },
  clusterDomain: { kind: "text", expected: "a domain", fits: (value) => typeof value === "string" },
  labelSelector: text,
  resyncMs: withDefault(30_000, ms()),
  clock,
  random: func,
};

/** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) for what is set as it cannot be. */
export function checkKubernetesOptions(options: KubernetesSourceOptions): void {
  checkOptions(options, kubernetesRules, InvalidOptionError);
  const { namespaces, defaultCredentials, clusterDomain } = options;
  if (namespaces !== undefined && namespaces !== "*") checkNamespaces("namespaces", namespaces);
  if (clusterDomain !== undefined && hostFault(clusterDomain) !== undefined)
    throw new InvalidOptionError("clusterDomain", "a domain", JSON.stringify(clusterDomain));
  if (defaultCredentials !== undefined) checkDefaultCredentials(defaultCredentials);
  resolveProfiles(options.profiles);
}

/** The profiles themselves; all that are known where none is named. */
export function resolveProfiles(wanted: readonly (ProfileName | Profile)[] | undefined): readonly Profile[] {
  if (wanted === undefined) return known;
  if (wanted.length === 0) throw new InvalidOptionError("profiles", "at least one profile", "none");
  const profiles = wanted.map((profile, index) => {
    if (typeof profile !== "string") {
      const faults = profileFaults(profile);
      if (faults.length > 0)
        throw new InvalidOptionError(
          `profiles[${index}]`,
          "a profile",
          `one with faults: ${faults.join("; ")}`,
        );
      return profile;
    }
    const found = known.find(({ name }) => name === profile);
    if (found === undefined)
      throw new InvalidOptionError(
        `profiles[${index}]`,
        `one of ${known.map(({ name }) => name).join(", ")}, or a profile of your own`,
        JSON.stringify(profile),
      );
    return found;
  });
  const twice = profiles.find(({ name }, index) => profiles.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined)
    throw new InvalidOptionError(
      "profiles",
      "profiles with a name of their own each",
      `two named ${JSON.stringify(twice.name)}`,
    );
  return profiles;
}

function checkNamespaces(option: string, namespaces: readonly string[]): void {
  if (namespaces.length === 0) throw new InvalidOptionError(option, "at least one namespace", "none");
  const wrong = namespaces.find((namespace) => !dnsLabel.test(namespace));
  if (wrong !== undefined)
    throw new InvalidOptionError(option, "names of namespaces, which are DNS labels", JSON.stringify(wrong));
}

/** The password is not shown: what is no reference may be the password itself. */
function checkDefaultCredentials({ password, namespaces }: DefaultCredentials): void {
  if (!/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0]+)$/.test(password))
    throw new InvalidOptionError(
      "defaultCredentials.password",
      "a reference, env:NAME or file:/path, never the password itself",
      "something else",
    );
  if (namespaces !== undefined) checkNamespaces("defaultCredentials.namespaces", namespaces);
}
