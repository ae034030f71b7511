import type { FileSourceOptions } from "@fleet/discovery";
import {
  count,
  credentialShaped,
  filePath,
  ms,
  setting,
  Settings,
  text,
  toolVariable,
} from "@fleet/settings";
import type { Setting } from "@fleet/settings";
import { z } from "zod";

import { ConfigurationError } from "../errors.ts";
import { isTokenShaped } from "../token-secret.ts";
import { acl } from "./acl-schema.ts";
import type { AclConfig } from "./acl-schema.ts";
import { addressMap, dns, file, kubernetes, sentinel } from "./discovery-schema.ts";
import type { DnsConfig, KubernetesConfig, SentinelConfig } from "./discovery-schema.ts";
import { fleetSettings } from "./fleet-schema.ts";
import type { FleetConfig } from "./fleet-schema.ts";
import { legacyVariables } from "./legacy-variables.ts";
import { presetNames, presets } from "./presets.ts";
import type { PresetName } from "./presets.ts";

/** A token that opens the gateway, known by its digest only. */
export interface TokenConfig {
  readonly name: string;
  /** SHA-256 of the token, in hex. */
  readonly digest: string;
  readonly rights: "full" | "read-only" | "admin";
  /** Instances and groups, or `"*"` for every one. */
  readonly targets: readonly string[] | "*";
  /** Where requests at the root go. */
  readonly defaultTarget?: string | undefined;
  /** The project whose keys it sees. A token has this or `dedicated`. */
  readonly project?: string | undefined;
  /** The token owns its targets: it sees all keys as they are. */
  readonly dedicated?: true | undefined;
  /** The origins of the pages that may use it in a browser (`https://shop.example`); `"*"` for any, with a read-only token only. @default none */
  readonly origins?: readonly string[] | undefined;
  /** Reads that a read-only token gets only when it says so. @default none */
  readonly allows?: readonly Extra[] | undefined;
}

/**
 * `scripts`: EVAL_RO, EVALSHA_RO, FCALL_RO; `keyspace`: KEYS, SCAN and what else looks at all keys; `heavy`: SORT_RO, LCS; `server`: what
 * asks the server about itself, as INFO.
 */
export type Extra = (typeof extras)[number];

export const extras = ["scripts", "keyspace", "heavy", "server"] as const;

export interface Config extends FleetConfig {
  readonly preset?: PresetName | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  readonly adminListen: { readonly host: string; readonly port: number };
  readonly log: { readonly level: LogLevel };
  readonly reloadIntervalMs: number;
  readonly bodyLimitBytes: number;
  readonly maxPipelineCommands: number;
  readonly maxArguments: number;
  readonly maxBodiesBytes?: number | undefined;
  readonly maxAnswersBytes?: number | undefined;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly idleSocketTimeoutMs: number;
  readonly slowReaderTimeoutMs: number;
  readonly drainDelayMs: number;
  /** Instances by hand; what one may say is `@fleet/discovery`'s to check. */
  readonly instances?: readonly unknown[] | undefined;
  readonly instancesFile?: string | undefined;
  /** How it is watched. */
  readonly file: Omit<FileSourceOptions, "path" | "clock">;
  readonly requireProject: boolean;
  readonly acl: AclConfig;
  readonly kubernetes?: KubernetesConfig | undefined;
  readonly sentinel?: SentinelConfig | undefined;
  readonly dns?: DnsConfig | undefined;
  readonly addressMap?: Readonly<Record<string, string>> | undefined;
  readonly tokens: readonly TokenConfig[];
}

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

const port = count(0, 65_535);

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "expected 1 to 63 letters, digits, . _ -")
  .refine((text) => !isTokenShaped(text), "expected a name, which logs may show; this is a token");

const token = z.strictObject({
  name,
  digest: z.string().regex(/^[0-9a-fA-F]{64}$/, {
    error: ({ input }) =>
      isTokenShaped(String(input))
        ? "expected the SHA-256 of the token in hex; this is the token itself (`fleet-gateway digest` makes the digest)"
        : "expected the SHA-256 of the token in hex (`fleet-gateway digest` makes it)",
  }),
  rights: z.enum(["full", "read-only", "admin"]),
  targets: z
    .union([z.literal("*"), z.array(name).min(1)], 'expected a list of instances and groups, or "*"')
    .default([]),
  defaultTarget: name.optional(),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "expected 1 to 63 of a-z 0-9 _ -, the first a letter or digit")
    .optional(),
  dedicated: z.literal(true, "expected true, or nothing beside a project").optional(),
  allows: z.array(z.enum(extras)).min(1).optional(),
  origins: z
    .array(
      z
        .string()
        .regex(
          /^(?:\*|https?:\/\/[a-z0-9.[\]:_-]+)$/,
          'expected an origin as browsers send it, as "https://shop.example", or "*"',
        ),
    )
    .min(1)
    .optional(),
});

const schema = z.strictObject({
  preset: setting(z.enum(presetNames).optional(), {
    description: "numbers for a place: development, production or high-availability",
    takes: "<name>",
  }),
  requireProject: setting(z.boolean().default(false), {
    description: "refuse tokens without a project: no caller sees the keys of another",
  }),
  listen: z
    .strictObject({
      host: setting(text.default("127.0.0.1"), {
        takes: "<host>",
        description: "address the data port binds to",
      }),
      port: setting(port.default(8080), {
        takes: "<port>",
        description: "the data port; 0 takes a free one",
      }),
    })
    .prefault({}),
  adminListen: z
    .strictObject({
      host: setting(text.default("127.0.0.1"), {
        takes: "<host>",
        description: "address the admin port binds to",
      }),
      port: setting(port.default(8081), {
        takes: "<port>",
        description: "the admin port: probes, metrics, instances; 0 takes a free one",
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: setting(z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"), {
        reloads: true,
        takes: "<level>",
        description: "fatal, error, warn, info, debug (one line a request), trace or silent",
      }),
    })
    .prefault({}),
  reloadIntervalMs: setting(ms(0).default(5000), {
    takes: "<ms>",
    description: "how often the configuration file is looked at for changes; 0: only SIGHUP reads it again",
  }),
  ...fleetSettings,
  acl,
  bodyLimitBytes: setting(count(1, 536_870_912).default(10_485_760), {
    takes: "<bytes>",
    reloads: true,
    description: "largest request body",
  }),
  maxPipelineCommands: setting(count(1, 1_000_000).default(10_000), {
    takes: "<count>",
    reloads: true,
    description: "most commands in one /pipeline or /multi-exec",
  }),
  maxArguments: setting(count(1, 1_048_576).default(131_072), {
    takes: "<count>",
    reloads: true,
    description: "most arguments of one command, and of all commands of one /multi-exec",
  }),
  maxBodiesBytes: setting(count(1).optional(), {
    takes: "<bytes>",
    description:
      "bodies under way together, one token at most half of it; more is refused with 503; by default a quarter of the heap, at most 256 MiB",
  }),
  maxAnswersBytes: setting(count(1).optional(), {
    takes: "<bytes>",
    description:
      "large answers under way together, one token at most half of it; more is refused with 503; by default a quarter of the heap, at most 256 MiB",
  }),
  requestTimeoutMs: setting(ms(1).default(30_000), {
    takes: "<ms>",
    description: "time a client has to send a whole request",
  }),
  keepAliveTimeoutMs: setting(ms(1).default(72_000), {
    takes: "<ms>",
    description:
      "how long an idle connection stays open; longer than the load balancer in front keeps its own",
  }),
  idleSocketTimeoutMs: setting(ms(1).default(120_000), {
    takes: "<ms>",
    description: "how long a client may neither read nor write before its connection is cut",
  }),
  slowReaderTimeoutMs: setting(ms(1).default(30_000), {
    takes: "<ms>",
    description:
      "how long a client may take to read some 100 kB of a large answer before its connection is cut",
  }),
  drainDelayMs: setting(ms(0).default(5000), {
    takes: "<ms>",
    description:
      "after SIGTERM: how long everything is still served, each answer the last of its connection, until the gateway stops to listen",
  }),
  instances: setting(z.array(z.unknown()).min(1).optional(), {
    reloads: true,
    description: "the instances, as @fleet/discovery takes them; in the variable as YAML or JSON",
  }),
  file,
  instancesFile: setting(filePath.optional(), {
    takes: "<file>",
    description: "a YAML or JSON file `instances: [...]`, watched",
    kind: "path",
  }),
  kubernetes,
  sentinel,
  dns,
  addressMap,
  tokens: setting(z.array(token).default([]), {
    reloads: true,
    description: "the tokens that open the gateway; in the variable as YAML or JSON",
    secret: ["rights", "targets"],
    mask: (tokens: readonly TokenConfig[]) => tokens.map((token) => ({ ...token, digest: "***" })),
  }),
});

const secretKey = /token|secret|password|bearer/i;

/** The settings of the gateway. */
export const gatewaySettings: Settings<Config> = new Settings({
  schema,
  prefix: "FLEET_",
  presets,
  aliases: legacyVariables,
  guards: ["FLEET_", "REDIS_", "CIRCUIT_BREAKER_"],
  foreign: (name) => {
    if (name.startsWith("FLEET_WORKER_") || toolVariable.test(name)) return "it is not the gateway's";
    // References to such variables may come with instances that are found later.
    return name.startsWith("REDIS_") && credentialShaped.test(name)
      ? "no reference in the configuration leads to it"
      : undefined;
  },
  isSecret: isTokenShaped,
  unknownKey: ([room, ...rest]) => {
    if (!secretKey.test(rest.at(-1) ?? room ?? "")) return undefined;
    return room === "kubernetes"
      ? "is not a known setting, and no secret has its place in the configuration"
      : "a secret has no place in the configuration; give the token's digest (`fleet-gateway digest` makes it)";
  },
  failed: (faults) => new ConfigurationError(faults),
});

/** Every value, in the order of the file. */
export const settings: readonly Setting[] = gatewaySettings.all;

/**
 * With the defaults that follow from other settings. A pool counts commands, and the longest pipeline must not be the only one; what
 * holds memory is bounded in bytes.
 */
export function completed(config: Config): Config {
  const maxInFlight = config.pool.maxInFlight ?? 10 * Math.max(config.maxPipelineCommands, 10_000);
  return { ...config, pool: { ...config.pool, maxInFlight } };
}

/** Parses a configuration that is in one piece. */
export function parseConfig(
  input: unknown,
): { readonly config: Config } | { readonly issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(input);
  return parsed.success
    ? { config: completed(parsed.data as unknown as Config) }
    : { issues: parsed.error.issues };
}
