import type { InstanceInput } from "@fleet/discovery";

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
  if (tokens.length === 0)
    faults.push(
      "tokens: there are none; a gateway without tokens would be open to everybody and does not start",
    );
  tokens.forEach((token, index) => {
    faults.push(...tokenFaults(token, `tokens[${index}]`, names));
    if (config.requireProject && token.rights !== "admin" && token.project === undefined)
      faults.push(
        `tokens[${index}].project: is missing, and requireProject is on: no token may see the keys of all`,
      );
  });
  faults.push(...repeated(tokens, "name"), ...repeated(tokens, "digest"));
  return faults;
}

/** The instances and groups, where the configuration itself has them all. */
export function namesIn({
  instances = [],
  instancesFile,
  kubernetes,
  sentinel,
  dns,
}: Config): ReadonlySet<string> {
  if (
    instancesFile !== undefined ||
    kubernetes?.enabled === true ||
    sentinel !== undefined ||
    dns !== undefined
  )
    return new Set();
  return new Set(
    (instances as readonly InstanceInput[])
      .flatMap(({ name, group }) => [name, group])
      .filter((name) => name !== undefined),
  );
}

function tokenFaults(token: TokenConfig, where: string, names: ReadonlySet<string>): string[] {
  const { rights, targets, defaultTarget, project, readOnlyScripts } = token;
  if (rights === "admin")
    return targets.length > 0 ||
      defaultTarget !== undefined ||
      project !== undefined ||
      readOnlyScripts !== undefined
      ? [
          `${where}: an admin token opens the admin port only; it has no targets, defaultTarget, project or readOnlyScripts`,
        ]
      : [];
  const faults: string[] = [];
  if (readOnlyScripts === true && rights === "full")
    faults.push(`${where}.readOnlyScripts: is for read-only tokens; a full token may run every script`);
  if (readOnlyScripts === true && project !== undefined)
    faults.push(`${where}.readOnlyScripts: has no effect within a project, where no script runs`);
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
