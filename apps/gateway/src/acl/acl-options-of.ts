import type { AclOptions } from "@fleet/client";
import { passwordOf } from "@fleet/isolation/acl";

import type { AclConfig } from "../config/acl-schema.ts";
import { resolveSecret } from "../sources/credentials.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How the users of projects are made. The secrets are read once: another one counts from the next start.
 *
 * @throws CredentialsError when a reference leads nowhere.
 */
export async function aclOptionsOf(acl: AclConfig, environment: Environment): Promise<AclOptions> {
  const { secret, previousSecret, scripts, intervalMs, idleMs, maxUsers } = acl;
  const references = [secret, previousSecret].filter((reference) => reference !== undefined);
  const secrets = await Promise.all(
    references.map(
      async (reference) => (await resolveSecret(reference, environment, undefined)).password ?? "",
    ),
  );
  const given = Object.entries({ scripts, intervalMs, idleMs, maxUsers });
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    password: (project) => secrets.map((one) => passwordOf(project, one)),
  };
}
