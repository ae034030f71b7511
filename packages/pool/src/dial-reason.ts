/** Why a dial failed; stable names, for alerts and for people. docs/guide/dial-reasons.md says what each means. */
export const dialReasons = [
  "refused",
  "unreachable",
  "dns",
  "timeout",
  "closed",
  "not-redis",
  "sentinel",
  "tls-expected",
  "tls-not-expected",
  "tls-certificate-name",
  "tls-certificate-untrusted",
  "tls-certificate-expired",
  "tls-client-certificate",
  "tls-failed",
  "password-missing",
  "password-not-expected",
  "wrong-password",
  "not-permitted",
  "credentials-unavailable",
  "certificates-unavailable",
  "loading",
  "primary-away",
  "max-clients",
  "protected-mode",
  "error-reply",
] as const;

export type DialReason = (typeof dialReasons)[number];

/** What the server answered to the first commands of a connection. */
export function reasonOfReply(text: string): DialReason {
  for (const [pattern, reason] of replies) if (pattern.test(text)) return reason;
  return "error-reply";
}

const replies: readonly (readonly [RegExp, DialReason])[] = [
  [/^(?:WRONGPASS|ERR invalid password)/, "wrong-password"],
  [/^NOAUTH/, "password-missing"],
  [/^ERR (?:AUTH .*called without any password|Client sent AUTH)/, "password-not-expected"],
  [/^NOPERM/, "not-permitted"],
  [/^LOADING/, "loading"],
  [/^MASTERDOWN/, "primary-away"],
  [/^ERR max number of clients/, "max-clients"],
  [/^DENIED/, "protected-mode"],
];

/** What the first bytes say that came, where the connection ended after them; undefined where they are a reply like others. */
export function reasonOfFirst(
  bytes: Uint8Array,
): { readonly reason: DialReason; readonly text?: string } | undefined {
  // A record of TLS: an alert, or a handshake.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) return { reason: "tls-expected" };
  const first = Buffer.from(bytes).toString("latin1");
  const text = /^-([^\r\n]*)/.exec(first)?.[1];
  if (text !== undefined) return { reason: reasonOfReply(text), text };
  return /^[+:$*_#,(!=%~>|]/.test(first) ? undefined : { reason: "not-redis" };
}

/** What a socket, the resolver or TLS said; undefined where nothing did. */
export function reasonOfSocket(error: Error | undefined): DialReason | undefined {
  if (error === undefined) return undefined;
  const { code } = error as { readonly code?: unknown };
  const text = `${String(code)} ${error.message}`;
  for (const [pattern, reason] of sockets) if (pattern.test(text)) return reason;
  return undefined;
}

/** By the code of Node's error, and by OpenSSL's words where the code is EPROTO for all of them. */
const sockets: readonly (readonly [RegExp, DialReason])[] = [
  [/^ECONNREFUSED /, "refused"],
  [/^(?:ENOTFOUND|EAI_\w+) /, "dns"],
  [/^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EINVAL|EACCES|EPERM) /, "unreachable"],
  [/^ETIMEDOUT /, "timeout"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID /, "tls-certificate-name"],
  [/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID) /, "tls-certificate-expired"],
  [
    /^(?:\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_\w+|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH) /,
    "tls-certificate-untrusted",
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long/,
    "tls-not-expected",
  ],
  [
    /CERTIFICATE_REQUIRED|ALERT_(?:(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:EXPIRED|UNKNOWN|REVOKED)|UNKNOWN_CA|HANDSHAKE_FAILURE)/,
    "tls-client-certificate",
  ],
  [
    /certificate required|alert (?:(?:bad|unsupported) certificate|certificate (?:expired|unknown|revoked)|unknown ca|handshake failure)/,
    "tls-client-certificate",
  ],
  [/^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO )/, "tls-failed"],
  [/^(?:ECONNRESET|EPIPE|ECONNABORTED) /, "closed"],
];

const ofNode = /; if the root CA is installed locally, try running Node\.js with --use-system-ca/;
const ofOpenssl = /(?:[0-9A-F]+:)?error:[0-9A-F]+:([^:\n]*):[^:\n]*:([^:\n]*)[^]*/;

/** What a socket said, in one line: without the places in OpenSSL's sources, and without advice on options of Node. */
export function plainText({ message }: Error): string {
  return message.replace(ofNode, "").replace(ofOpenssl, "$1: $2").replaceAll(/\s+/g, " ").trim();
}

/** What it means, where the words of the socket or the server do not say it. */
export const hints: Readonly<Partial<Record<DialReason, string>>> = {
  "tls-expected": "the server seems to expect TLS",
  "tls-not-expected": "the server answers in plain text, it seems to expect no TLS",
  "tls-client-certificate": "the server wants a client certificate, and accepts none that was shown",
  "tls-certificate-untrusted":
    "fleet.dev/tls-secret, or `ca` of the TLS settings, says which authority is trusted",
  closed: "what listens there may be no Redis, or a proxy without a server behind it",
  sentinel: "what answers there is a Sentinel, which has no data; the port of Redis is another",
  "not-redis": "what answers there does not speak the protocol of Redis",
};
