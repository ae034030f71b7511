import {
  anything,
  checkOptions,
  clock,
  func,
  listOf,
  ms,
  required,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";
import type { Clock } from "@fleet/time";

import { InvalidInstancesError, InvalidOptionError } from "../errors.ts";
import type { Address, AddressMap } from "../instance/address-map.ts";
import { hostFault, isPort } from "../instance/address.ts";
import { dnsLabel } from "../instance/dns-label.ts";
import { pathText, plain } from "../instance/fault.ts";
import { parseInstances } from "../instance/parse-instances.ts";
import type { SentinelConnection } from "./sentinel-connection.ts";
import type { FoundOptions } from "./sentinel-instances.ts";

export interface SentinelSourceOptions extends Omit<FoundOptions, "source"> {
  /** Sentinels of one set, at least one; the others are learned from those that answer. */
  readonly sentinels: readonly Address[];
  /** Makes a connection to a sentinel, not open yet. Where sentinels ask for a password or TLS, it is given here. */
  readonly connect: (address: Address) => SentinelConnection;
  /** Distinguishes several sets of one fleet. @default "sentinel" */
  readonly name?: string;
  /** Where to dial the sentinels; the found instances keep their announced addresses. @default as announced */
  readonly addressMap?: AddressMap;
  /** Milliseconds after which a sentinel is asked again although it reported nothing. @default 10000 */
  readonly resyncMs?: number;
  /** Milliseconds that a sentinel may take to be dialled and to answer; after that it counts as away. @default 1000 */
  readonly answerTimeoutMs?: number;
  /** Time for the two above and for reconnecting. @default the process's monotonic clock */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of reconnecting. @default Math.random */
  readonly random?: () => number;
}

// What is in them is checked one by one.
const addresses = listOf("addresses", () => true);

export const sentinelRules: Rules<SentinelSourceOptions> = {
  sentinels: required(addresses),
  connect: required(func),
  name: withDefault("sentinel", text),
  addressMap: func,
  resyncMs: withDefault(10_000, ms()),
  answerTimeoutMs: withDefault(1000, ms()),
  masters: listOf("names", () => true),
  names: anything("record", "a record of names"),
  credentials: anything("record", "credentials"),
  tls: anything("record", "TLS settings"),
  reads: anything("text", "where reads go"),
  clock,
  random: func,
};

/** @throws InvalidOptionError, InvalidInstancesError for what found instances would be given. */
export function checkSentinelOptions(options: SentinelSourceOptions): void {
  checkOptions(options, sentinelRules, InvalidOptionError);
  checkSentinels(options.sentinels);
  checkFound(options);
}

function checkSentinels(sentinels: readonly Address[]): void {
  if (sentinels.length === 0)
    throw new InvalidOptionError("sentinels", "a list of at least one address", "none");
  for (const [index, { host, port }] of sentinels.entries()) {
    if (typeof host !== "string" || hostFault(host) !== undefined)
      throw new InvalidOptionError(
        `sentinels[${index}].host`,
        "a host name or an IP address, neither link-local nor metadata",
        plain(host),
      );
    if (!isPort(port))
      throw new InvalidOptionError(`sentinels[${index}].port`, "an integer from 1 to 65535", plain(port));
  }
}

function checkFound({ masters = [], names = {}, credentials, tls, reads }: SentinelSourceOptions): void {
  for (const [index, master] of masters.entries())
    if (typeof master !== "string" || master === "")
      throw new InvalidOptionError(`masters[${index}]`, "the name of a master", plain(master));
  for (const [master, name] of Object.entries(names))
    if (typeof name !== "string" || !dnsLabel.test(name))
      throw new InvalidOptionError(
        `names[${plain(master)}]`,
        "a DNS label: lower-case letters, digits and dashes, 1 to 63 characters",
        plain(name),
      );
  const endpoints = [{ host: "localhost", port: 1 }];
  const { faults } = parseInstances({ instances: [{ name: "found", endpoints, credentials, tls, reads }] });
  // Their path begins with that of the instance that was made up for this.
  if (faults !== undefined)
    throw new InvalidInstancesError(
      faults.map(({ path, message }) => `${pathText(path.slice(2))}: ${message}`),
    );
}
