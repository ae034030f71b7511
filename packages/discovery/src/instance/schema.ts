import { isIP } from "node:net";

import { z } from "zod";

import { hostFault } from "./address.ts";
import { dnsLabel } from "./dns-label.ts";
import type { InstanceInput, NamedInput } from "./instance-input.ts";

const text = (expected: string, pattern: RegExp): z.ZodString =>
  z.string({ error: expected }).regex(pattern, { error: expected });

const label = text(
  "must be a DNS label: lower-case letters, digits and dashes, 1 to 63 characters",
  dnsLabel,
);
const identity = text("must be 1 to 512 printable characters without spaces", /^[!-~]{1,512}$/);
const word = text("must be a string of 1 to 253 characters", /^.{1,253}$/u);
const filePath = text("must be the path of a file", /^[^\0]{1,4096}$/);
const secretExpected = "must be the namespace and the name of a Secret, as in shop/orders-tls";
const secretName = text(secretExpected, /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/);
const secretOrPod = text(
  `${secretExpected}, or of a Pod, as in pod:shop/orders-0`,
  /^(?:pod:)?[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/,
);
const port = z
  .int({ error: "must be an integer from 1 to 65535" })
  .min(1, { error: "must be an integer from 1 to 65535" })
  .max(65_535, { error: "must be an integer from 1 to 65535" });
const host = z.string({ error: "must be a host name or an IP address" }).check(({ value, issues }) => {
  const fault = hostFault(value);
  if (fault !== undefined) issues.push({ code: "custom", message: fault, input: value });
});
/** A name, or several of which one is enough. */
const hostOrHosts = z
  .union([z.string(), z.array(z.string()).min(1)], { error: "must be a host name or an IP address" })
  .check(({ value, issues }) => {
    const fault = [value]
      .flat()
      .map(hostFault)
      .find((one) => one !== undefined);
    if (fault !== undefined) issues.push({ code: "custom", message: fault, input: value });
  });
const oneOf = <const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [K in T[number]]: K }> => z.enum(words, { error: `must be one of ${words.join(", ")}` });

const record = { error: "must be a record" };

const endpoint = z.strictObject(
  {
    uid: identity.optional(),
    host,
    port,
    role: oneOf(["primary", "replica", "unknown"]).optional(),
    zone: word.optional(),
  },
  record,
);

const tls = z
  .strictObject(
    {
      caFile: filePath.optional(),
      certFile: filePath.optional(),
      keyFile: filePath.optional(),
      secret: z.union([secretName, z.array(secretOrPod).min(1)], { error: secretExpected }).optional(),
      optional: z.literal(true, { error: "must be true, or not there" }).optional(),
      servername: hostOrHosts.optional(),
    },
    record,
  )
  .refine((value) => (value.certFile === undefined) === (value.keyFile === undefined), {
    error: "certFile and keyFile go together",
  });

const passwordExpected =
  'must say where the password is ("env:NAME", "file:/path", "secret:NAMESPACE/NAME/KEY" or "pod:NAMESPACE/NAME"), never the password itself';
const password = text(
  passwordExpected,
  /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0]+|secret:[a-z0-9-]+\/[a-z0-9.-]+\/[A-Za-z0-9._-]+|pod:[a-z0-9-]+\/[a-z0-9.-]+)$/,
);

const credentials = z.strictObject(
  {
    username: text(
      "must be a string of 1 to 256 characters without spaces",
      /^[^\s\p{Cc}]{1,256}$/u,
    ).optional(),
    password: z.union([password, z.array(password).min(1)], { error: passwordExpected }).optional(),
  },
  record,
);

const instance = z.strictObject(
  {
    name: label,
    uid: identity.optional(),
    namespace: label.optional(),
    endpoints: z
      .array(endpoint, { error: "must be a list of endpoints" })
      .min(1, { error: "must have at least one endpoint" }),
    group: label.optional(),
    labels: z.record(word, z.string({ error: "must be a string" }), record).optional(),
    tls: tls.optional(),
    credentials: credentials.optional(),
    state: oneOf(["ready", "drain", "maintenance"]).optional(),
    reads: oneOf(["primary", "replica", "any"]).optional(),
  },
  record,
);

/** What a list of instances looks like, alone or in a file. */
export const document: z.ZodType<{ instances: InstanceInput[] }> = z.strictObject(
  { instances: z.array(instance, { error: "must be a list of instances" }) },
  { error: "must be a record with the field instances" },
);

const name = host.check(({ value, issues }) => {
  if (isIP(value) !== 0)
    issues.push({ code: "custom", message: "must be a name and no address", input: value });
});

const named = instance
  .omit({ endpoints: true })
  .extend({ host: name.optional(), port: port.optional(), srv: name.optional() })
  .refine((value) => (value.host === undefined) !== (value.srv === undefined), {
    error: "must have either host or srv",
  })
  .refine((value) => value.srv === undefined || value.port === undefined, {
    error: "srv and port do not go together: the records say the port",
  });

/** What a list of instances looks like whose endpoints DNS knows. */
export const namedDocument: z.ZodType<{ instances: NamedInput[] }> = z.strictObject({
  instances: z.array(named, { error: "must be a list of instances" }),
});
