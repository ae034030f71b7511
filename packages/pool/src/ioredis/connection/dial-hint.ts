import { X509Certificate } from "node:crypto";
import type { ConnectionOptions } from "node:tls";

import { type DialReason, hints } from "../../dial-reason.ts";

const closedHandshake =
  "what listens there may be no Redis, or a Redis that has as many clients as it may (maxclients) and says so only without TLS";
const unreadableCa = "`ca` of the TLS settings, or `ca.crt` of its Secret, is no certificate in PEM";

/** What a reason means, and how far the dial had come says more of it. */
export function hintOf(
  reason: DialReason,
  tls: ConnectionOptions | undefined,
  isConnected: boolean,
): string | undefined {
  // Node passes over what it cannot read there, so that the server seems to be the one to blame.
  if (reason === "tls-certificate-untrusted" && tls?.ca !== undefined && !isReadable(tls.ca))
    return unreadableCa;
  if (reason === "closed" && tls !== undefined && !isConnected) return closedHandshake;
  return hints[reason];
}

function isReadable(ca: NonNullable<ConnectionOptions["ca"]>): boolean {
  try {
    for (const one of [ca].flat()) new X509Certificate(one).toString();
    return true;
  } catch {
    return false;
  }
}
