import { expect, test } from "vitest";

import { plainText, reasonOfSocket } from "../src/dial-reason.ts";

const alert = (code: string, text: string): Error =>
  Object.assign(
    new Error(
      `400D03ECC57F0000:error:0A000413:SSL routines:ssl3_read_bytes:${text}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 43\n`,
    ),
    { code },
  );

test.for([
  ["UNSUPPORTED_CERTIFICATE", "unsupported certificate"],
  ["CERTIFICATE_EXPIRED", "certificate expired"],
  ["CERTIFICATE_UNKNOWN", "certificate unknown"],
  ["CERTIFICATE_REVOKED", "certificate revoked"],
  ["BAD_CERTIFICATE", "bad certificate"],
  ["UNKNOWN_CA", "unknown ca"],
])("an alert of the server about the client's certificate: %s", ([code, text]) => {
  for (const version of ["SSL/TLS", "SSLV3", "TLSV1"])
    expect(reasonOfSocket(alert(`ERR_SSL_${version}_ALERT_${code}`, `ssl/tls alert ${text}`))).toBe(
      "tls-client-certificate",
    );
  expect(reasonOfSocket(alert("EPROTO", `tlsv1 alert ${text}`))).toBe("tls-client-certificate");
});

test("a certificate of the server that is over is not that of the client", () => {
  expect(
    reasonOfSocket(Object.assign(new Error("certificate has expired"), { code: "CERT_HAS_EXPIRED" })),
  ).toBe("tls-certificate-expired");
});

test.for([
  [alert("EPROTO", "tlsv1 alert unknown ca").message, "SSL routines: tlsv1 alert unknown ca"],
  [
    `write EPROTO ${alert("", "wrong version number").message}`,
    "write EPROTO SSL routines: wrong version number",
  ],
  ["error:0480006C:PEM routines::no start line", "PEM routines: no start line"],
  [
    "unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca",
    "unable to verify the first certificate",
  ],
  ["connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED 127.0.0.1:6379"],
])("what a socket said in one line: %j", ([message, text]) => {
  expect(plainText(new Error(message))).toBe(text);
});
