import { dnsRules, fileRules, kubernetesRules, sentinelRules } from "@fleet/discovery";
import { filePath, ms, setting, settingsFromRules, text } from "@fleet/settings";
import { z } from "zod";

/** How the gateway finds instances through a Kubernetes API server; what a profile may say is `@fleet/discovery`'s to check. */
export interface KubernetesConfig {
  readonly enabled: boolean;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespaces?: readonly string[] | "*" | undefined;
  readonly profiles?: readonly unknown[] | undefined;
  readonly names?: "instance" | "namespace-instance" | undefined;
  readonly defaultCredentials?:
    | {
        readonly username?: string | undefined;
        readonly password: string;
        readonly namespaces?: readonly string[] | undefined;
      }
    | undefined;
  readonly labelSelector?: string | undefined;
  readonly clusterDomain?: string | undefined;
  readonly resyncMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly secretsPatienceMs?: number | undefined;
}

type TlsFile = "caFile" | "certFile" | "keyFile" | "servername";

/** A set of Sentinels; what found instances are given is `@fleet/discovery`'s to check. */
export interface SentinelConfig {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** What the Sentinels themselves ask for. */
  readonly login?: { readonly username?: string | undefined; readonly password: string } | undefined;
  /** How to speak TLS to the Sentinels themselves. */
  readonly loginTls?: { readonly [K in TlsFile]?: string | undefined } | undefined;
  readonly masters?: readonly string[] | undefined;
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly credentials?: unknown;
  readonly tls?: unknown;
  readonly reads?: unknown;
  readonly resyncMs?: number | undefined;
  readonly answerTimeoutMs?: number | undefined;
}

/** Names in DNS; what an instance may say is `@fleet/discovery`'s to check. */
export interface DnsConfig {
  readonly instances: readonly unknown[];
  readonly family?: 4 | 6 | "any" | undefined;
  readonly minTtlMs?: number | undefined;
  readonly maxTtlMs?: number | undefined;
  readonly goneAfterMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

const namespaces = z
  .array(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "expected the name of a namespace"))
  .min(1);

const reference = z
  .string()
  .regex(
    /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\/[^\0]+)$/,
    "expected env:NAME or file:/path, never the password itself",
  );
const tls = z.strictObject({
  caFile: text.optional(),
  certFile: text.optional(),
  keyFile: text.optional(),
  servername: text.optional(),
});

/** How the file of instances is watched. */
export const file: z.ZodType = z
  .strictObject(settingsFromRules(fileRules, { except: ["path"], of: "file." }))
  .prefault({});

/** That it is there at all means that it is used. */
export const kubernetes: z.ZodType<KubernetesConfig | undefined> = z
  .strictObject({
    enabled: setting(z.boolean().default(true), {
      description: "find instances through a Kubernetes API server; also where any of the next is given",
    }),
    kubeconfig: setting(filePath.optional(), {
      takes: "<file>",
      description: "a kubeconfig file; else as kubectl finds it, else the Pod's service account",
      kind: "path",
    }),
    requestTimeoutMs: setting(ms(1).optional(), {
      description: "time for an answer of the API server",
      default: 30_000,
    }),
    secretsPatienceMs: setting(ms(1).optional(), {
      description:
        "how long the API server is waited for where a Secret or Pod is known from before; three times as long where none is",
      default: 1000,
    }),
    ...settingsFromRules(kubernetesRules, { of: "kubernetes." }),
    context: setting(text.optional(), {
      takes: "<name>",
      description: "a context of the kubeconfig; else its current one",
    }),
    namespaces: setting(
      z.union([z.literal("*"), namespaces], 'expected a list of namespaces, or "*"').optional(),
      {
        takes: "<names>",
        description:
          'where to look: names, with commas between, or "*" for everywhere; else the one it runs in',
        kind: "list",
      },
    ),
    profiles: setting(z.array(z.unknown()).min(1).optional(), {
      takes: "<names>",
      description:
        "conventions that are recognised: names, with commas between, or whole profiles; else all that are known",
      kind: "list",
    }),
    names: setting(z.enum(["instance", "namespace-instance"]).optional(), {
      takes: "<rule>",
      description: "what instances are called: instance, or namespace-instance; else instance",
    }),
    defaultCredentials: setting(
      z
        .strictObject({
          username: text.optional(),
          password: reference,
          namespaces: namespaces.optional(),
        })
        .optional(),
      {
        description:
          "for instances that name none: `password` (a reference), `username`, and the `namespaces` it may be sent to",
      },
    ),
    labelSelector: setting(text.optional(), {
      takes: "<selector>",
      description: "Services that are looked at, as kubectl takes it; else all",
    }),
    clusterDomain: setting(text.optional(), {
      takes: "<domain>",
      description: "what DNS names of Services end in; else they end in svc",
    }),
    resyncMs: setting(ms(1000).optional(), {
      takes: "<ms>",
      description:
        "how often the API server is asked whether what is known is current; else every 30 seconds",
    }),
  })
  .optional();

const address = z.strictObject({ host: text, port: z.number().int().default(26_379) });
const hostAndPort = text
  .regex(/^(?:\[[^\]]+\]|[^:[\]]+)(?::\d{1,5})?$/, "expected HOST or HOST:PORT")
  .transform((value) => {
    const [, host, port] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(value) ?? [];
    return { host: host ?? value, port: port === undefined ? 26_379 : Number(port) };
  });

const sentinelsOf = settingsFromRules(sentinelRules, { except: ["sentinels"], of: "sentinel." });

/** That it is there at all means that it is used. */
export const sentinel: z.ZodType<SentinelConfig | undefined> = z
  .strictObject({
    sentinels: setting(
      z.array(z.union([hostAndPort, address], "expected HOST:PORT or { host, port }")).min(1),
      {
        description: "Sentinels of one set, as HOST:PORT with commas between, or as { host, port }",
        kind: "list",
      },
    ),
    login: setting(z.strictObject({ username: text.optional(), password: reference }).optional(), {
      description: "what the Sentinels themselves ask for: `username`, and `password`, a reference",
    }),
    loginTls: setting(tls.optional(), {
      description: "how to speak TLS to the Sentinels themselves: caFile, certFile, keyFile, servername",
    }),
    ...sentinelsOf,
    masters: setting(z.array(text).min(1).optional(), {
      description: "the masters that are served; else all",
      kind: "list",
    }),
    names: setting(z.record(z.string(), text).optional(), {
      description: "what instances are called, by the name of their master",
    }),
    credentials: setting(z.unknown().optional(), {
      description: "what the found servers ask for, as of an instance",
    }),
    tls: setting(z.unknown().optional(), { description: "how to speak TLS to them, as of an instance" }),
    reads: setting(z.unknown().optional(), {
      description: "where reads go, as of an instance",
      kind: "text",
    }),
  })
  .optional();

/** That it is there at all means that it is used. */
export const dns: z.ZodType<DnsConfig | undefined> = z
  .strictObject({
    instances: setting(z.array(z.unknown()).min(1), {
      description: "names to look up, as `instances` with `host` or `srv` in place of endpoints",
    }),
    ...settingsFromRules(dnsRules, { except: ["instances"], of: "dns." }),
  })
  .optional();

export const addressMap: z.ZodType<Readonly<Record<string, string>> | undefined> = setting(
  z.record(z.string(), z.string()).optional(),
  {
    description: "where to dial an announced address, by `host:port`; in the variable as YAML or JSON",
  },
);
