import { BlockList, isIP, isIPv4 } from "node:net";

// No Redis runs there, but a cloud's metadata service hands out credentials there (169.254.169.254 and its relatives).
const refused = new BlockList();
refused.addSubnet("0.0.0.0", 8);
refused.addSubnet("169.254.0.0", 16);
refused.addSubnet("224.0.0.0", 3);
refused.addAddress("100.100.100.200");
refused.addAddress("::", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
refused.addAddress("fd00:ec2::254", "ipv6");
// 169.254.0.0/16 once more, as IPv4-compatible and NAT64 addresses (RFC 6052). IPv4-mapped ones a BlockList sees by itself.
refused.addSubnet("::a9fe:0", 112, "ipv6");
refused.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");

const metadataNames: ReadonlySet<string> = new Set([
  "instance-data",
  "instance-data.ec2.internal",
  "metadata",
  "metadata.goog",
  "metadata.google.internal",
]);

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const hostName = new RegExp(`^${label}(?:\\.${label})*\\.?$`, "i");

/**
 * Why a host may not be dialled, or undefined. A name is judged as it is written, not by what it resolves to.
 *
 * Underscores are let through although RFC 1123 has none, since container engines make such names.
 */
export function hostFault(host: string): string | undefined {
  if (isIP(host) !== 0) {
    if (host.includes("%")) return "may not carry a zone";
    return refused.check(host, isIPv4(host) ? "ipv4" : "ipv6")
      ? "may not be an unspecified, link-local, multicast or metadata address"
      : undefined;
  }
  if (host.length > 253 || !hostName.test(host))
    return "must be a host name or an IP address without brackets";
  const bare = host.replace(/\.$/, "").toLowerCase();
  // getaddrinfo reads "2852039166", "0xa9fea9fe" and "169.254.43518" as 169.254.169.254.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(bare.slice(bare.lastIndexOf(".") + 1)))
    return "must be a host name or an IP address in dotted decimal form";
  return metadataNames.has(bare) ? "may not be a metadata service" : undefined;
}

/** Why an address may not be dialled, or undefined. */
export function addressFault({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): string | undefined {
  return hostFault(host) ?? (isPort(port) ? undefined : "must have a port from 1 to 65535");
}

export function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}
