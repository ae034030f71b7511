import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";

import type { TlsReference } from "@fleet/discovery";

import type { Certificates } from "../fleet-options.ts";

/**
 * The TLS settings of a reference; undefined where a Pod decides about TLS, and speaks none. Read at every dial, so that renewed
 * certificates need no restart. A file takes precedence over the Secret.
 *
 * @param host as announced, wherever it is dialled: that is the name, or address, on the certificate.
 * @param secret reads the Secret that the reference names, or asks its Pod, which answers undefined where it speaks no TLS.
 */
export async function readTls(
  reference: TlsReference,
  host: string,
  secret: (reference: string) => Promise<Certificates | undefined>,
): Promise<ConnectionOptions | undefined> {
  const [ca, cert, key, held] = await Promise.all([
    readOptional(reference.caFile),
    readOptional(reference.certFile),
    readOptional(reference.keyFile),
    heldBy(reference, secret),
  ]);
  if (held === undefined) return undefined;
  const client = cert === undefined ? { cert: held.cert, key: held.key } : { cert, key };
  const names = [reference.servername ?? host].flat();
  const [name = host] = names;
  return {
    ...defined({ ca: ca ?? held.ca, ...client }),
    // RFC 6066 section 3: a server name is a DNS name; an address is checked against the certificate's addresses instead.
    ...(isIP(name) === 0 && { servername: name }),
    ...((names.length > 1 || isIP(name) !== 0) && {
      checkServerIdentity: (_: string, certificate: PeerCertificate) => checkNames(names, certificate),
    }),
  };
}

/** The certificates of the first place that has any; undefined where a Pod decides about TLS, and speaks none. */
async function heldBy(
  { secret, optional }: TlsReference,
  read: (reference: string) => Promise<Certificates | undefined>,
): Promise<Certificates | undefined> {
  if (secret === undefined) return {};
  if (typeof secret === "string") return (await read(secret)) ?? {};
  let speaks = optional !== true;
  for (const place of secret) {
    const isPod = place.startsWith("pod:");
    if (!isPod && !speaks) return undefined;
    const found = await read(place).catch((error: unknown) => {
      // Of several places any may be missing; what is then left is the machine's own authorities.
      if ((error as { readonly code?: unknown }).code === "FLEET_DISCOVERY_SECRET_MISSING") return undefined;
      throw error;
    });
    if (found !== undefined && Object.keys(found).length > 0) return found;
    if (isPod) speaks ||= found !== undefined;
  }
  return speaks ? {} : undefined;
}

/** One of the names must be on the certificate. The error lists them, and those on the certificate. */
function checkNames(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  const errors = names.map((name) => checkServerIdentity(name, certificate));
  const [first] = errors;
  if (first === undefined || errors.includes(undefined)) return undefined;
  if (names.length > 1)
    first.message = `the certificate has none of the names ${names.join(", ")}; it has ${certificate.subjectaltname ?? "no other names"}`;
  return first;
}

async function readOptional(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path);
}

function defined(certificates: {
  readonly [K in keyof Certificates]: Certificates[K] | undefined;
}): Certificates {
  return Object.fromEntries(Object.entries(certificates).filter(([, value]) => value !== undefined));
}
