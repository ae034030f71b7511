import { X509Certificate } from "node:crypto";

import type { SecretValues } from "./password-in-secret.ts";
import type { PodTls } from "./pod-tls.ts";
import type { SecretTls } from "./secret-tls.ts";

/**
 * What a client needs of the certificates that a Pod names: the authority, and where the server asks clients for a certificate the
 * server's own, as clients of a chart have no other. Undefined where the Secrets hold none of it.
 *
 * @param read what a Secret holds; undefined where there is none.
 */
export async function certificatesIn(
  { ca, cert, key, secret, asksClients }: PodTls,
  read: (name: string) => Promise<SecretValues | undefined>,
): Promise<SecretTls | undefined> {
  const names = new Set([ca?.name, cert?.name, key?.name, secret].filter((name) => name !== undefined));
  const held = new Map<string, SecretValues>();
  for (const name of names) {
    const values = await read(name);
    if (values !== undefined) held.set(name, values);
  }
  const at = (place: typeof ca): string | undefined =>
    place === undefined ? undefined : held.get(place.name)?.get(place.key);
  const first = (pattern: RegExp): string | undefined => {
    for (const values of held.values())
      for (const name of [...values.keys()].toSorted()) if (pattern.test(name)) return values.get(name);
    return undefined;
  };
  const certificate = at(cert) ?? pairIn(held)?.cert;
  const authority =
    at(ca) ??
    first(/^ca\.(?:crt|pem)$/) ??
    first(/^(?:.+[-_.])?ca(?:[-_.]?cert)?\.(?:crt|pem|cert)$/) ??
    selfSigned(certificate);
  const pair = asksClients ? (bothOf(at(cert), at(key)) ?? pairIn(held) ?? undefined) : undefined;
  if (authority === undefined && pair === undefined) return undefined;
  return { ...(authority !== undefined && { ca: authority }), ...pair };
}

/** A certificate that is its own authority; undefined for any other. */
export function selfSigned(pem: string | undefined): string | undefined {
  if (pem?.includes("-----BEGIN CERTIFICATE-----") !== true) return undefined;
  try {
    const certificate = new X509Certificate(pem);
    const isOwn = certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
    return isOwn ? pem : undefined;
  } catch {
    // The dial says what is wrong with a certificate that cannot be read.
    return undefined;
  }
}

/** Whether a Secret has a certificate with its key, as that of a server. */
export const hasPair = (values: SecretValues | undefined): boolean =>
  values !== undefined && pairIn(new Map([["", values]])) !== undefined;

function bothOf(
  cert: string | undefined,
  key: string | undefined,
): Pick<SecretTls, "cert" | "key"> | undefined {
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** `tls.crt` with `tls.key`, else the first certificate that has a key of its name beside it. */
function pairIn(held: ReadonlyMap<string, SecretValues>): Pick<SecretTls, "cert" | "key"> | undefined {
  for (const values of held.values()) {
    const names = [...values.keys()].toSorted(
      (a, b) => Number(b.startsWith("tls.")) - Number(a.startsWith("tls.")) || (a < b ? -1 : 1),
    );
    for (const name of names) {
      const stem = /^(.+)\.(?:crt|pem|cert)$/.exec(name)?.[1];
      if (stem === undefined || /(?:^|[-_.])ca$/.test(stem)) continue;
      const pair = bothOf(values.get(name), values.get(`${stem}.key`) ?? values.get(`${stem}-key.pem`));
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}
