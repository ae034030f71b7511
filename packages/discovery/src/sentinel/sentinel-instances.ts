import type { Address } from "../instance/address-map.ts";
import { addressFault } from "../instance/address.ts";
import { completeInstance } from "../instance/complete-instance.ts";
import type { Condition } from "../instance/condition.ts";
import { dnsLabel } from "../instance/dns-label.ts";
import type { InstanceInput } from "../instance/instance-input.ts";
import type { Instance, Role } from "../instance/instance.ts";
import type { SeenMaster } from "./sentinel-view.ts";

/** What becomes of a primary that was found. */
export interface FoundOptions {
  /** Name of the source. */
  readonly source: string;
  /** Names of the masters that are of interest. @default all that the sentinels know */
  readonly masters?: readonly string[] | undefined;
  /** Names of instances by the name of their master, where that is no DNS label or another is wanted. @default the master's name */
  readonly names?: Readonly<Record<string, string>> | undefined;
  /** Where the credentials of all found instances are. @default none */
  readonly credentials?: InstanceInput["credentials"];
  /** How to speak TLS to all found instances. @default plain TCP */
  readonly tls?: InstanceInput["tls"];
  /** Where reads of all found instances may go. @default "primary" */
  readonly reads?: InstanceInput["reads"];
}

/** The instances that are seen, in the order of their masters' names, and what is to be said about them. */
export function sentinelInstances(
  seen: readonly SeenMaster[],
  options: FoundOptions,
): { readonly instances: readonly Instance[]; readonly conditions: readonly Condition[] } {
  const { masters, names = {} } = options;
  const instances = new Map<string, Instance>();
  const conditions: Condition[] = [];
  const about = (master: string, reason: string, message: string): void =>
    void conditions.push({ reason, object: `master ${master}`, message });

  for (const wanted of masters ?? [])
    if (!seen.some(({ name }) => name === wanted)) about(wanted, "UnknownMaster", "no sentinel knows it");
  for (const master of seen) {
    if (masters !== undefined && !masters.includes(master.name)) continue;
    const say = (reason: string, message: string): void => about(master.name, reason, message);
    const name = Object.hasOwn(names, master.name) ? names[master.name]! : master.name;
    if (!dnsLabel.test(name)) say("InvalidName", "its name is no DNS label; give it one in names");
    else if (instances.has(name)) say("NameTaken", `another master is served as ${name}`);
    else instances.set(name, instanceOf(name, master, options, say));
  }
  return { instances: [...instances.values()], conditions };
}

function instanceOf(
  name: string,
  master: SeenMaster,
  { source, credentials, tls, reads }: FoundOptions,
  say: (reason: string, message: string) => void,
): Instance {
  if (master.disputed)
    say("SentinelsDisagree", "they name different primaries; most name the one that is served");
  if (master.down) say("PrimaryDown", "most sentinels do not reach its primary");
  for (const { host, port } of master.lost) say("ReplicaDown", `most sentinels do not reach ${host}:${port}`);
  if (master.noQuorum !== undefined) say("NoQuorum", `no failover can happen: ${master.noQuorum}`);
  const withRole = (role: Role) => (address: Address) => ({ ...address, role });
  const endpoints = [withRole("primary")(master.primary), ...master.replicas.map(withRole("replica"))];
  const refused = endpoints.map(({ host, port }) => addressFault({ host, port }));
  for (const [index, fault] of refused.entries())
    if (fault !== undefined)
      say("RefusedAddress", `${endpoints[index]!.host}:${endpoints[index]!.port} ${fault}`);
  return completeInstance({
    name,
    uid: `${source}/${master.name}`,
    endpoints: endpoints.filter((_, index) => refused[index] === undefined),
    credentials,
    tls,
    reads,
  });
}
