import type { InstanceInput } from "@fleet/discovery";

import type { Config } from "../config/config-schema.ts";
import { ConfigurationError } from "../errors.ts";
import { resolveSecret } from "./credentials.ts";
import { openSources } from "./open-sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type WithPassword = { readonly password?: string | readonly string[] | undefined } | undefined;

/** What is wrong with where instances are to be found although each value alone is right: a line each. */
export async function discoveryFaults(config: Config, environment: Environment): Promise<string[]> {
  try {
    // Only their opinion is wanted: sources that were not started hold nothing.
    await using _open = await openSources(config, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.faults];
    throw error;
  }
  const { instances = [], kubernetes, sentinel, dns } = config;
  const listed = (list: readonly unknown[], path: string): [string, WithPassword][] =>
    (list as readonly InstanceInput[]).map(({ credentials }, index) => [
      `${path}[${index}].credentials`,
      credentials,
    ]);
  const references: readonly [string, WithPassword][] = [
    ...listed(instances, "instances"),
    ...listed(dns?.instances ?? [], "dns.instances"),
    ["kubernetes.defaultCredentials", kubernetes?.defaultCredentials],
    ["sentinel.credentials", sentinel?.credentials as WithPassword],
    ["sentinel.login", sentinel?.login],
  ];
  const faults: string[] = [];
  for (const [path, credentials] of references) {
    const password = credentials?.password;
    // Of a list nothing need be there.
    if (typeof password !== "string" || (kubernetes?.enabled === true && /^(?:secret|pod):/.test(password)))
      continue;
    await resolveSecret(password, environment, undefined).catch((error: Error) =>
      faults.push(`${path}.password: ${error.message}`),
    );
  }
  for (const name of ["secret", "previousSecret"] as const) {
    const reference = config.acl.enabled ? config.acl[name] : undefined;
    if (reference !== undefined)
      await resolveSecret(reference, environment, undefined).catch((error: Error) =>
        faults.push(`acl.${name}: ${error.message}`),
      );
  }
  return faults;
}
