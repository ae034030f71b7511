import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";

import type { TlsReference } from "@fleet/discovery";

/** Reads the files that a TLS reference names. Done at every dial, so that renewed certificates need no restart. */
export async function readTls(reference: TlsReference, host: string): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    readOptional(reference.caFile),
    readOptional(reference.certFile),
    readOptional(reference.keyFile),
  ]);
  // RFC 6066 section 3: a server name is a DNS name; an address is checked against the certificate's addresses instead.
  const servername = reference.servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
  };
}

async function readOptional(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : readFile(path);
}
