import { aclRules } from "@fleet/client";
import type { AclOptions } from "@fleet/client";
import { setting, settingsFromRules } from "@fleet/settings";
import { z } from "zod";

/** Users of projects on the servers. */
export interface AclConfig extends Omit<AclOptions, "password"> {
  readonly enabled: boolean;
  /** Where the secret is that passwords are made of. */
  readonly secret?: string | undefined;
  /** Where the one before is, while it is replaced. */
  readonly previousSecret?: string | undefined;
}

const reference = z
  .string()
  .regex(
    /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0]+)$/,
    "expected env:NAME or file:/path, never the secret itself",
  );

/** What is no reference may be the secret itself, and is in no fault; a reference may be printed. */
const quietly = { secret: "whole", mask: (value: unknown) => value } as const;

export const acl: z.ZodType = z
  .strictObject({
    enabled: setting(z.boolean().default(false), {
      description: "make a user for each project on each server, and send its commands as that user",
    }),
    secret: setting(reference.optional(), {
      ...quietly,
      description: "the secret that passwords of projects are made of: env:NAME or file:/path",
    }),
    previousSecret: setting(reference.optional(), {
      ...quietly,
      description: "the secret of before, whose passwords stay valid while it is replaced",
    }),
    ...settingsFromRules(aclRules, {
      of: "acl.",
      meta: {
        scripts: {
          description: "allow EVAL, EVALSHA, FCALL and SCRIPT LOAD to projects: the server checks their keys",
        },
        intervalMs: { description: "how often the users in use are compared with what they should be" },
        idleMs: { description: "how long a project keeps a connection that it does not use" },
        maxUsers: { description: "projects with a connection to one server at a time" },
      },
    }),
  })
  .prefault({});
