import { StaticSource } from "@fleet/discovery";
import type { InstanceInput } from "@fleet/discovery";

import type { Config, TokenConfig } from "./config-schema.ts";
import { resolveSecret } from "./credentials.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong although each value alone is right: a line each. */
export async function contradictions(config: Config, environment: Environment): Promise<string[]> {
  const { instances, instancesFile, tokens, listen, adminListen } = config;
  const faults: string[] = [];
  if (instances === undefined && instancesFile === undefined)
    faults.push("instances: there are none; give `instances` or `instancesFile`");
  if (instances !== undefined && instancesFile !== undefined)
    faults.push("instances: give either `instances` or `instancesFile`, not both");
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
  const names = new Set<string>();
  if (instances !== undefined) {
    const wrong = instanceFaults(instances);
    faults.push(...wrong);
    if (wrong.length === 0) {
      for (const { name, group } of instances as readonly InstanceInput[]) {
        names.add(name);
        if (group !== undefined) names.add(group);
      }
      faults.push(...(await secretFaults(instances as readonly InstanceInput[], environment)));
    }
  }
  tokens.forEach((token, index) => faults.push(...tokenFaults(token, `tokens[${index}]`, names)));
  faults.push(...repeated(tokens, "name"), ...repeated(tokens, "digest"));
  return faults;
}

function instanceFaults(instances: readonly unknown[]): readonly string[] {
  try {
    // Only its opinion is wanted: a source that was not started holds nothing.
    void new StaticSource(instances as readonly InstanceInput[]);
    return [];
  } catch (error) {
    if (error instanceof Error && "faults" in error) return error.faults as readonly string[];
    throw error;
  }
}

async function secretFaults(
  instances: readonly InstanceInput[],
  environment: Environment,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [index, { credentials }] of instances.entries()) {
    if (credentials?.password === undefined) continue;
    await resolveSecret([credentials.password].flat()[0]!, environment).catch((error: Error) =>
      faults.push(`instances[${index}].credentials.password: ${error.message}`),
    );
  }
  return faults;
}

/** @param names what the configuration itself knows; empty when the instances are found elsewhere. */
function tokenFaults(token: TokenConfig, where: string, names: ReadonlySet<string>): string[] {
  const { rights, targets, defaultTarget, project } = token;
  if (rights === "admin")
    return targets.length > 0 || defaultTarget !== undefined || project !== undefined
      ? [`${where}: an admin token opens the admin port only; it has no targets, defaultTarget or project`]
      : [];
  const faults: string[] = [];
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

/** The value is not shown: a digest that stands twice is still somebody's. */
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
