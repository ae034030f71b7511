import { setTimeout as pause } from "node:timers/promises";

import { createFleet } from "@fleet/client";
import { Discovery } from "@fleet/discovery";
import type { Endpoint, Instance } from "@fleet/discovery";
import { apply, hashOf, verify } from "@fleet/isolation/acl";
import type { AclStep, ProjectUser, Send } from "@fleet/isolation/acl";

import type { Config, TokenConfig } from "../config/config-schema.ts";
import { ConfigurationError } from "../errors.ts";
import { credentialsFrom } from "../sources/credentials.ts";
import { openSources } from "../sources/open-sources.ts";
import type { OpenSources } from "../sources/open-sources.ts";
import type { AclAction } from "./acl-commands.ts";
import { aclOptionsOf } from "./acl-options-of.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What there is to do, or was done, on one server. */
export interface ServerResult {
  readonly instance: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** The user that it was asked as. */
  readonly whoami?: string;
  /** The file that users are kept in; "" where they are gone after a restart, until the gateway makes them again. */
  readonly aclFile?: string | undefined;
  readonly steps: readonly (Pick<Extract<AclStep, { kind: "set" }>, "username" | "differences"> | AclStep)[];
  readonly applied: boolean;
  /** Why it could not be asked, or what it refused. */
  readonly error?: { readonly code?: unknown; readonly message: string };
}

/** How long the sources are waited for, and each server is. */
const patienceMs = 5000;

/**
 * Plans the users on every server that the configuration leads to, and makes them where that is asked for.
 *
 * @throws ConfigurationError where no secret is configured.
 */
export async function runAcl(
  action: AclAction,
  config: Config,
  environment: Environment,
): Promise<{ readonly servers: readonly ServerResult[]; readonly ok: boolean }> {
  if (config.acl.secret === undefined)
    throw new ConfigurationError([
      "acl.secret: is missing; the passwords of the users of projects are made of it",
    ]);
  const { password, scripts = false } = await aclOptionsOf(config.acl, environment);
  await using open = await openSources(config, environment);
  await using discovery = new Discovery({ sources: [...open.sources] });
  await Promise.race([discovery.start(), pause(patienceMs, undefined, { ref: false })]);
  const servers: ServerResult[] = [];
  for (const instance of discovery.instances.values()) {
    const users = projectsOf(config.tokens, instance).map((project): ProjectUser => {
      const passwords = [password(project)].flat().map(hashOf);
      return { project, passwords, scripts };
    });
    for (const endpoint of instance.endpoints)
      servers.push(await onServer(action, instance, endpoint, users, environment, open));
  }
  const isDone = ({ error, steps }: ServerResult): boolean =>
    error === undefined && (action.verb !== "verify" || steps.length === 0);
  return { servers, ok: servers.every(isDone) };
}

/** The projects of the tokens that lead to an instance. */
export function projectsOf(
  tokens: readonly TokenConfig[],
  { name, group }: Pick<Instance, "name" | "group">,
): string[] {
  const leads = ({ targets }: TokenConfig): boolean =>
    targets === "*" || targets.includes(name) || (group !== undefined && targets.includes(group));
  const projects = tokens.filter(leads).map(({ project }) => project);
  return [...new Set(projects.filter((project) => project !== undefined))].toSorted();
}

async function onServer(
  { verb, ...options }: AclAction,
  instance: Instance,
  endpoint: Endpoint,
  users: readonly ProjectUser[],
  environment: Environment,
  { kubernetes, addressMap }: OpenSources,
): Promise<ServerResult> {
  const of = { instance: instance.name, endpoint: `${endpoint.host}:${endpoint.port}` };
  const secrets = kubernetes?.secrets;
  try {
    await using fleet = await createFleet({
      // Whatever its role: each server has users of its own.
      instances: [{ ...instance, state: "ready", endpoints: [{ ...endpoint, role: "unknown" }] }],
      credentials: credentialsFrom(environment, secrets),
      ...(secrets !== undefined && {
        certificates: (reference, _, { port }) => secrets.tls(reference, { port }),
      }),
      ...(addressMap !== undefined && { addressMap }),
      retries: 0,
    });
    return await fleet.run({ instance: instance.name, timeoutMs: patienceMs }, async (redis) => {
      const send: Send = ([name, ...args]) => redis.call(name, ...args) as ReturnType<Send>;
      const { state, steps } = await verify(send, users, options);
      if (verb === "apply") await apply(send, steps);
      const { whoami, aclFile } = state;
      return { ...of, whoami, aclFile, steps: steps.map(withoutHashes), applied: verb === "apply" };
    });
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown };
    return { ...of, steps: [], applied: false, error: { code, message } };
  }
}

function withoutHashes(step: AclStep): ServerResult["steps"][number] {
  if (step.kind !== "set") return step;
  const { username, differences } = step;
  return { username, differences };
}
