import { z } from "zod";

import { isTokenShaped } from "../token-secret.ts";
import { addressMap, dns, kubernetes, sentinel } from "./discovery-schema.ts";
import type { DnsConfig, KubernetesConfig, SentinelConfig } from "./discovery-schema.ts";
import { ms, setting } from "./setting.ts";
import type { Kind, SettingMeta } from "./setting.ts";

/** Who may ask: a token, known by its digest only. */
export interface TokenConfig {
  readonly name: string;
  /** SHA-256 of the token, in hex. */
  readonly digest: string;
  readonly rights: "full" | "read-only" | "admin";
  /** Instances and groups, or `"*"` for every one. */
  readonly targets: readonly string[] | "*";
  /** Where requests at the root go. */
  readonly defaultTarget?: string | undefined;
  /** The project whose keys it sees; none: the keys as they are. */
  readonly project?: string | undefined;
  /** Whether a read-only token may run `EVAL_RO`, `EVALSHA_RO` and `FCALL_RO`. @default false */
  readonly readOnlyScripts?: boolean | undefined;
}

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  readonly adminListen: { readonly host: string; readonly port: number };
  readonly log: { readonly level: LogLevel };
  readonly timeoutMs: number;
  readonly retries: number;
  readonly bodyLimitBytes: number;
  readonly maxPipelineCommands: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly idleSocketTimeoutMs: number;
  readonly graceMs: number;
  /** Instances by hand; what one may say is `@fleet/discovery`'s to check. */
  readonly instances?: readonly unknown[] | undefined;
  readonly instancesFile?: string | undefined;
  readonly kubernetes?: KubernetesConfig | undefined;
  readonly sentinel?: SentinelConfig | undefined;
  readonly dns?: DnsConfig | undefined;
  readonly addressMap?: Readonly<Record<string, string>> | undefined;
  readonly tokens: readonly TokenConfig[];
}

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** One value of the configuration. */
export interface Setting extends SettingMeta {
  /** Its place in the file: `listen.port`. */
  readonly path: string;
  /** How to read it from a flag or a variable. */
  readonly kind: Kind;
}

const port = z.number().int().min(0).max(65_535);
const host = z.string().min(1);
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
    .optional(),
  defaultTarget: name.optional(),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "expected 1 to 63 of a-z 0-9 _ -, the first a letter or digit")
    .optional(),
  readOnlyScripts: z.boolean().optional(),
});

const schema = z.strictObject({
  listen: z
    .strictObject({
      host: setting(host.default("127.0.0.1"), {
        env: "FLEET_LISTEN_HOST",
        flag: "--listen-host <host>",
        description: "address the data port binds to",
      }),
      port: setting(port.default(8080), {
        env: "FLEET_LISTEN_PORT",
        flag: "--listen-port <port>",
        description: "the data port; 0 takes a free one",
      }),
    })
    .prefault({}),
  adminListen: z
    .strictObject({
      host: setting(host.default("127.0.0.1"), {
        env: "FLEET_ADMIN_LISTEN_HOST",
        flag: "--admin-listen-host <host>",
        description: "address the admin port binds to",
      }),
      port: setting(port.default(8081), {
        env: "FLEET_ADMIN_LISTEN_PORT",
        flag: "--admin-listen-port <port>",
        description: "the admin port: probes, metrics, instances; 0 takes a free one",
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: setting(z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"), {
        env: "FLEET_LOG_LEVEL",
        flag: "--log-level <level>",
        description: "fatal, error, warn, info, debug (one line a request), trace or silent",
      }),
    })
    .prefault({}),
  timeoutMs: setting(ms(1).default(3000), {
    env: "FLEET_TIMEOUT_MS",
    flag: "--timeout-ms <ms>",
    description: "time for one call to Redis, waits and retries included",
  }),
  retries: setting(z.number().int().min(0).max(10).default(2), {
    env: "FLEET_RETRIES",
    flag: "--retries <count>",
    description: "further attempts of reads, and of writes that provably never left",
  }),
  bodyLimitBytes: setting(z.number().int().min(1).max(536_870_912).default(10_485_760), {
    env: "FLEET_BODY_LIMIT_BYTES",
    flag: "--body-limit-bytes <bytes>",
    description: "largest request body",
  }),
  maxPipelineCommands: setting(z.number().int().min(1).max(1_000_000).default(10_000), {
    env: "FLEET_MAX_PIPELINE_COMMANDS",
    flag: "--max-pipeline-commands <count>",
    description: "most commands in one /pipeline or /multi-exec",
  }),
  requestTimeoutMs: setting(ms(1).default(30_000), {
    env: "FLEET_REQUEST_TIMEOUT_MS",
    flag: "--request-timeout-ms <ms>",
    description: "time a client has to send a whole request",
  }),
  keepAliveTimeoutMs: setting(ms(1).default(72_000), {
    env: "FLEET_KEEP_ALIVE_TIMEOUT_MS",
    flag: "--keep-alive-timeout-ms <ms>",
    description:
      "how long an idle connection stays open; longer than the load balancer in front keeps its own",
  }),
  idleSocketTimeoutMs: setting(ms(1).default(120_000), {
    env: "FLEET_IDLE_SOCKET_TIMEOUT_MS",
    flag: "--idle-socket-timeout-ms <ms>",
    description: "how long a client may neither read nor write before its connection is cut",
  }),
  graceMs: setting(ms(0).default(10_000), {
    env: "FLEET_GRACE_MS",
    flag: "--grace-ms <ms>",
    description: "time for requests in flight after SIGTERM",
  }),
  instances: setting(z.array(z.unknown()).min(1).optional(), {
    env: "FLEET_INSTANCES",
    description: "the instances, as @fleet/discovery takes them; in the variable as YAML or JSON",
  }),
  instancesFile: setting(z.string().min(1).optional(), {
    env: "FLEET_INSTANCES_FILE",
    flag: "--instances-file <file>",
    description: "a YAML or JSON file `instances: [...]`, watched",
    kind: "path",
  }),
  kubernetes,
  sentinel,
  dns,
  addressMap,
  tokens: setting(z.array(token).default([]), {
    env: "FLEET_TOKENS",
    description: "who may ask, see below; in the variable as YAML or JSON",
  }),
});

/** Every value, in the order of the file. */
export const settings: readonly Setting[] = walk(schema, "");

function walk(object: z.ZodObject, prefix: string): Setting[] {
  return Object.entries(object.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
    const meta = value.meta() as SettingMeta | undefined;
    const path = prefix + key;
    const inner = (value as z.ZodDefault | z.ZodOptional | z.ZodPrefault).unwrap();
    if (meta === undefined) return walk(inner as z.ZodObject, `${path}.`);
    return [{ ...meta, path, kind: meta.kind ?? kindOf(inner) }];
  });
}

function kindOf(schema: z.core.$ZodType): Kind {
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodBoolean) return "boolean";
  return schema instanceof z.ZodString || schema instanceof z.ZodEnum ? "text" : "structure";
}

/** Parses what the layers gave together. */
export function parseConfig(
  input: unknown,
): { readonly config: Config } | { readonly issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(input);
  if (!parsed.success) return { issues: parsed.error.issues };
  const { tokens, ...rest } = parsed.data;
  return { config: { ...rest, tokens: tokens.map((one) => ({ ...one, targets: one.targets ?? [] })) } };
}
