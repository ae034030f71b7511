import { SocketAddress, isIPv6 } from "node:net";

import { InvalidOptionError } from "../errors.ts";
import { hostFault } from "./address.ts";
import { plain } from "./fault.ts";

/** A `host:port`, in two parts. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Where to dial an announced address: for port-forwards, NAT and tests, as ioredis' `natMap`. What it does not know is dialled as
 * announced. Identity, TLS names and metrics stay with the announced address.
 */
export type AddressMap = (announced: Address) => Address;

/**
 * An address map from a record, as in `{ "10.20.0.5:6379": "127.0.0.1:7001" }`; IPv6 addresses stand in brackets. A host is the
 * same whatever its case, a name with or without its last dot, an IPv6 address in all its spellings.
 *
 * @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) with the first entry that is none.
 */
export function addressMap(record: Readonly<Record<string, string>>): AddressMap {
  const dialled = new Map<string, Address>();
  for (const [announced, target] of Object.entries(record)) {
    const key = keyOf(parsed("addressMap", announced));
    if (dialled.has(key))
      throw new InvalidOptionError("addressMap", "a record that has each address once", plain(announced));
    dialled.set(key, parsed(`addressMap[${plain(announced)}]`, target));
  }
  return (announced) => dialled.get(keyOf(announced)) ?? announced;
}

function parsed(option: string, text: unknown): Address {
  const [, bracketed, bare, digits] =
    (typeof text === "string" && /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)) || [];
  const host = bracketed ?? bare ?? "";
  const port = Number(digits);
  // Brackets are for IPv6 alone, as in a URL.
  const fault = bracketed !== undefined && !isIPv6(bracketed) ? "no IPv6 address" : hostFault(host);
  if (fault !== undefined || !(port >= 1 && port <= 65_535))
    throw new InvalidOptionError(
      option,
      'addresses as in "10.20.0.5:6379" or "[fd00::5]:6379", none of them link-local or metadata',
      plain(text),
    );
  return Object.freeze({ host, port });
}

function keyOf({ host, port }: Address): string {
  const name = isIPv6(host)
    ? new SocketAddress({ address: host, family: "ipv6" }).address
    : host.toLowerCase().replace(/\.$/, "");
  return `${name} ${port}`;
}
