import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { watchdog } from "./processes/watchdog.ts";

/** A CA of this process and one certificate by it, for server and client alike: PEM, and the files that hold it. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

let made: Promise<Certificates> | undefined;

/** The certificates of this process for 127.0.0.1, ::1, localhost and `*.shop.svc.cluster.local`; made with the first call. */
export function certificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

async function make(): Promise<Certificates> {
  // Loaded only where TLS is asked for: it brings a whole ASN.1 library.
  const { generate } = await import("selfsigned");
  const common = {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
  } as const;
  const authority = await generate([{ name: "commonName", value: "fleet testkit CA" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "localhost" }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          // As charts make them: only with the domain of the cluster.
          { type: 2, value: "*.shop.svc.cluster.local" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  const folder = join(watchdog().folder, "tls");
  mkdirSync(folder, { mode: 0o700 });
  const file = (name: string, pem: string): string => {
    const path = join(folder, name);
    writeFileSync(path, pem, { mode: 0o600 });
    return path;
  };
  return {
    ca: authority.cert,
    cert: leaf.cert,
    key: leaf.private,
    caFile: file("ca.pem", authority.cert),
    certFile: file("cert.pem", leaf.cert),
    keyFile: file("key.pem", leaf.private),
  };
}
