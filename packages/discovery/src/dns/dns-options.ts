import {
  anything,
  checkOption,
  checkOptions,
  clock,
  complete,
  func,
  hasMethods,
  ms,
  object,
  oneOf,
  required,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";
import type { Clock } from "@fleet/time";

import { InvalidInstancesError, InvalidOptionError } from "../errors.ts";
import { completeInstance } from "../instance/complete-instance.ts";
import { pathText } from "../instance/fault.ts";
import type { InstanceInput } from "../instance/instance-input.ts";
import type { Instance } from "../instance/instance.ts";
import { parseList } from "../instance/parse-instances.ts";
import { namedDocument } from "../instance/schema.ts";
import type { DnsName } from "./dns-lookup.ts";
import type { DnsResolver } from "./dns-resolver.ts";

/**
 * An instance whose endpoints DNS knows: each address of `host`, or each target of `srv`. Of `tls`, the `servername` is by default
 * the name that is looked up, since endpoints are addresses.
 */
export type DnsInstance = Omit<InstanceInput, "endpoints"> &
  (
    | {
        /** A fully qualified name: no search list is applied. */
        readonly host: string;
        /** @default 6379 */
        readonly port?: number | undefined;
        readonly srv?: undefined;
      }
    | {
        /** The name of SRV records (RFC 2782): `_redis._tcp.orders.shop.svc.cluster.local`. */
        readonly srv: string;
        readonly host?: undefined;
        readonly port?: undefined;
      }
  );

export interface DnsSourceOptions {
  /** What is looked up. Their set is fixed; where they are is not. */
  readonly instances: readonly DnsInstance[];
  /** Distinguishes several of one fleet. @default "dns" */
  readonly name?: string;
  /** Which addresses: IPv4, IPv6, or IPv6 only for a name that has no IPv4. @default "any" */
  readonly family?: 4 | 6 | "any";
  /** What is asked. @default a `Resolver` of `node:dns/promises`: the servers of /etc/resolv.conf, two tries of two seconds each */
  readonly resolver?: DnsResolver;
  /** Milliseconds before a name is asked again at the earliest, whatever its time to live. @default 1000 */
  readonly minTtlMs?: number;
  /** Milliseconds before a name is asked again at the latest. @default 30000 */
  readonly maxTtlMs?: number;
  /** Milliseconds that servers must go on saying that a name has no records before its instance has no endpoints. @default 30000 */
  readonly goneAfterMs?: number;
  /** Milliseconds that a question may take. @default 5000 */
  readonly timeoutMs?: number;
  /** Time for all of the above. @default the process's monotonic clock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of asking again. @default Math.random */
  readonly random?: () => number;
}

/** An instance without its endpoints, and the name that leads to them. */
export interface NamedInstance {
  readonly template: Instance;
  readonly name: DnsName;
}

export const dnsRules: Rules<DnsSourceOptions> = {
  instances: required(anything("list", "a list of instances")),
  name: withDefault("dns", text),
  family: withDefault("any", oneOf(4, 6, "any")),
  resolver: object("a resolver with resolve4(), resolve6() and resolveSrv()", (value) =>
    hasMethods(value, "resolve4", "resolve6", "resolveSrv"),
  ),
  minTtlMs: withDefault(1000, ms()),
  maxTtlMs: withDefault(30_000, ms()),
  goneAfterMs: withDefault(30_000, ms(0)),
  timeoutMs: withDefault(5000, ms()),
  clock,
  random: func,
};

/** The options without a default stay absent. */
type Absent = "resolver" | "clock" | "random";

/** @throws InvalidOptionError */
export function completeDnsOptions(
  options: DnsSourceOptions,
): Required<Omit<DnsSourceOptions, Absent>> & Pick<DnsSourceOptions, Absent> {
  checkOptions(options, dnsRules, InvalidOptionError);
  const all = complete<DnsSourceOptions, Absent>(options, dnsRules);
  checkOption("maxTtlMs", all.maxTtlMs, ms(all.minTtlMs), InvalidOptionError);
  return all;
}

/** @throws InvalidInstancesError with every fault of the list. */
export function namedInstances(inputs: readonly DnsInstance[]): readonly NamedInstance[] {
  const { instances, faults } = parseList(namedDocument, { instances: inputs });
  if (faults !== undefined)
    throw new InvalidInstancesError(faults.map(({ path, message }) => `${pathText(path)}: ${message}`));
  return instances.map(({ host, port = 6379, srv, ...input }) => {
    // The certificate is for the service and not for the records' owner, `_redis._tcp.` before it.
    const servername = host ?? srv!.replace(/^(?:_[^.]+\.)+/, "");
    return {
      template: completeInstance({
        ...input,
        ...(input.tls && { tls: { ...input.tls, servername: input.tls.servername ?? servername } }),
        endpoints: [],
      }),
      name: srv === undefined ? { host: host!, port } : { srv },
    };
  });
}
