import type { InstanceInput } from "@fleet/discovery";
import type { Sources } from "@fleet/settings";

import type { Config, TokenConfig } from "./config-schema.ts";

/**
 * What is wrong with a gateway although each value alone is right: a line each.
 *
 * @param names of instances and groups; empty where they are not known beforehand.
 */
export function contradictions(config: Config, names: ReadonlySet<string>): string[] {
  const { tokens, listen, adminListen } = config;
  const faults: string[] = [];
  if (listen.port !== 0 && listen.port === adminListen.port && listen.host === adminListen.host)
    faults.push(`adminListen.port: ${adminListen.port} is the data port too; the two ports are apart`);
  if (config.idleSocketTimeoutMs <= config.timeoutMs)
    faults.push(
      `idleSocketTimeoutMs: ${config.idleSocketTimeoutMs} would cut a client off that waits for a call of timeoutMs: ${config.timeoutMs}`,
    );
  for (const [name, { timeoutMs = 0 }] of Object.entries(config.overrides))
    if (config.idleSocketTimeoutMs <= timeoutMs)
      faults.push(
        `idleSocketTimeoutMs: ${config.idleSocketTimeoutMs} would cut a client off that waits for a call of overrides.${name}.timeoutMs: ${timeoutMs}`,
      );
  if (config.acl.enabled && config.acl.secret === undefined)
    faults.push("acl.secret: is missing; the passwords of the users of projects are made of it");
  if (names.size > 0) faults.push(...overrideFaults(config));
  if (tokens.length === 0)
    faults.push(
      "tokens: there are none; a gateway without tokens would be open to everybody and does not start",
    );
  tokens.forEach((token, index) => {
    faults.push(...tokenFaults(token, `tokens[${index}]`, names));
    if (token.rights === "admin") return;
    if (config.requireProject && token.project === undefined)
      faults.push(
        `tokens[${index}].project: is missing, and requireProject is on: no token may see the keys of all`,
      );
    else if (token.project === undefined && token.dedicated === undefined)
      faults.push(
        `tokens[${index}].project: is missing; say \`project: <id>\`, or \`dedicated: true\` for a token that sees and changes all keys of its targets`,
      );
  });
  faults.push(...repeated(tokens, "name"), ...repeated(tokens, "digest"));
  return faults;
}

/** An override of a name that is never found would be ignored. */
function overrideFaults({ overrides, instances = [] }: Config): string[] {
  const known = (instances as readonly InstanceInput[]).map(({ name }) => name);
  return Object.keys(overrides)
    .filter((name) => !known.includes(name))
    .map((name) => `overrides.${name}: is no instance; there are ${known.join(", ")}`);
}

/** Settings beside `instances` that find instances too. */
function otherSources({ instancesFile, kubernetes, sentinel, dns }: Config): readonly string[] {
  return Object.entries({
    instancesFile: instancesFile !== undefined,
    kubernetes: kubernetes?.enabled === true,
    sentinel: sentinel !== undefined,
    dns: dns !== undefined,
  }).flatMap(([name, isGiven]) => (isGiven ? [name] : []));
}

/** REDIS_URL is left over from a program of one Redis: among found instances, its own would be one that nothing asks for. */
export function besideRedisUrl(config: Config, sources: Sources): string[] {
  const others = otherSources(config);
  return sources.get("instances") !== "environment REDIS_URL" || others.length === 0
    ? []
    : [`REDIS_URL: ${others.join(" and ")} is given too, and neither wins; leave one of them out`];
}

/** The instances and groups, where the configuration itself has them all. */
export function namesIn(config: Config): ReadonlySet<string> {
  if (otherSources(config).length > 0) return new Set();
  return new Set(
    ((config.instances ?? []) as readonly InstanceInput[])
      .flatMap(({ name, group }) => [name, group])
      .filter((name) => name !== undefined),
  );
}

function tokenFaults(token: TokenConfig, where: string, names: ReadonlySet<string>): string[] {
  const { rights, targets, defaultTarget, project, dedicated, allows, origins } = token;
  if (rights === "admin")
    return targets.length > 0 ||
      defaultTarget !== undefined ||
      project !== undefined ||
      dedicated !== undefined ||
      allows !== undefined ||
      origins !== undefined
      ? [
          `${where}: an admin token opens the admin port only; it has no targets, defaultTarget, project, dedicated, allows or origins`,
        ]
      : [];
  const faults: string[] = [];
  if (project !== undefined && dedicated === true)
    faults.push(`${where}.dedicated: a token has a project or owns its targets, not both`);
  if (allows !== undefined && rights === "full")
    faults.push(
      `${where}.allows: is for read-only tokens; a full token may run every script and look at all keys`,
    );
  if (allows?.includes("server") === true && project !== undefined)
    faults.push(
      `${where}.allows: "server" has no effect within a project, where nothing of the server is shown`,
    );
  if (origins?.includes("*") === true && rights === "full")
    faults.push(`${where}.origins: "*" is for read-only tokens; a full token is for pages that are named`);
  if (targets.length === 0)
    faults.push(`${where}.targets: there are none; name instances and groups, or "*"`);
  if (targets !== "*" && defaultTarget !== undefined && !targets.includes(defaultTarget))
    faults.push(`${where}.defaultTarget: "${defaultTarget}" is not among its targets`);
  const asked = new Set([
    ...(targets === "*" ? [] : targets),
    ...(defaultTarget === undefined ? [] : [defaultTarget]),
  ]);
  for (const target of names.size === 0 ? [] : asked)
    if (!names.has(target))
      faults.push(`${where}: "${target}" is no instance or group; there are ${[...names].join(", ")}`);
  return faults;
}

/** The value is not shown: a digest that stands twice still belongs to a token in use. */
function repeated(tokens: readonly TokenConfig[], field: "name" | "digest"): string[] {
  const first = new Map<string, number>();
  return tokens.flatMap((token, index) => {
    const value = token[field].toLowerCase();
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, index);
      return [];
    }
    return [`tokens[${index}].${field}: is the same as of tokens[${before}]`];
  });
}
