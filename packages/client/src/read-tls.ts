import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";

import type { TlsReference } from "@fleet/discovery";

import type { Certificates } from "./fleet-options.ts";

/**
 * The TLS settings that a reference stands for. Read at every dial, so that renewed certificates need no restart. What a file says
 * counts more than what the Secret says.
 *
 * @param host as announced, wherever it is dialled: that is the name, or address, on the certificate.
 * @param secret reads the Secret that the reference names.
 */
export async function readTls(
  reference: TlsReference,
  host: string,
  secret: (reference: string) => Promise<Certificates>,
): Promise<ConnectionOptions> {
  const [ca, cert, key, held = {}] = await Promise.all([
    readOptional(reference.caFile),
    readOptional(reference.certFile),
    readOptional(reference.keyFile),
    reference.secret === undefined ? undefined : secret(reference.secret),
  ]);
  const client = cert === undefined ? { cert: held.cert, key: held.key } : { cert, key };
  const name = reference.servername ?? host;
  return {
    ...defined({ ca: ca ?? held.ca, ...client }),
    // RFC 6066 section 3: a server name is a DNS name; an address is checked against the certificate's addresses instead.
    ...(isIP(name) === 0
      ? { servername: name }
      : { checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) }),
  };
}

async function readOptional(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path);
}

function defined(certificates: {
  readonly [K in keyof Certificates]: Certificates[K] | undefined;
}): Certificates {
  return Object.fromEntries(Object.entries(certificates).filter(([, value]) => value !== undefined));
}
