import { z } from "zod";

import { type Setting, setting, settingsOf } from "./setting.ts";

/** The configuration as it counts: flat, each name the same in the file, the environment and the flags. */
export interface Config {
  readonly preset?: "development" | "production" | undefined;
  readonly name: string;
  readonly redisUrl: string;
  readonly redisCaFile?: string | undefined;
  readonly redisCluster: boolean;
  readonly redisSentinels?: readonly string[] | undefined;
  readonly redisSentinelName: string;
  readonly redisSentinelPassword?: string | undefined;
  readonly redisTimeoutMs: number;
  readonly prefix: string;
  readonly allowEviction: boolean;
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly idsFile?: string | undefined;
  readonly idPattern: string;
  readonly stream?: string | undefined;
  readonly streamGroup: string;
  readonly streamStart?: string | undefined;
  readonly adoptAfterMs?: number | undefined;
  readonly list?: string | undefined;
  readonly listSide?: "left" | "right" | undefined;
  readonly chunkSize?: number | undefined;
  readonly job?: string | undefined;
  readonly hubUrl?: string | undefined;
  readonly hubToken?: string | undefined;
  readonly hubHeaders: Readonly<Record<string, string>>;
  readonly hubMaxBytes: number;
  readonly hubProbe: boolean;
  readonly hubConcurrency: number;
  readonly requestsPerSecond: number;
  readonly burst?: number | undefined;
  readonly sink: string;
  readonly sinkTable: string;
  readonly databaseConcurrency: number;
  readonly buffer: number;
  readonly claim: number;
  readonly attempts: number;
  readonly awayAttempts: number;
  readonly crashLimit: number;
  readonly leaseMs: number;
  readonly retryMinDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly fetchTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly maxLossMs: number;
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerMaxOpenMs: number;
  readonly exitOnComplete?: boolean | undefined;
  readonly graceMs: number;
  readonly label?: string | undefined;
  readonly listenHost: string;
  readonly listenPort?: number | undefined;
  readonly progressMs?: number | undefined;
  readonly logLevel: LogLevel;
}

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

/** What a preset says; anything else that is said is stronger. */
export const presets: Readonly<Record<"development" | "production", Readonly<Partial<Config>>>> = {
  development: { hubConcurrency: 3, requestsPerSecond: 5 },
  production: { hubConcurrency: 10, requestsPerSecond: 20 },
};

const text = z.string().min(1);
const count = (least: number, most = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.number().int().min(least).max(most);
const ms = (least: number): z.ZodNumber => count(least, 2_147_483_647);
const url = (protocols: RegExp, expected: string): z.ZodType<string, string> =>
  text.refine((value) => protocols.test(value) && URL.canParse(value), expected);

/** As the engine has it: a bit per id, and a bitmap of Redis ends there. */
const mostIds = 2 ** 32;

const range = text.transform((value, context) => {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(value) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const isRange = from !== undefined && first <= last && Number.isSafeInteger(last);
  if (isRange && last - first < mostIds) return { from: first, to: last };
  const message = isRange
    ? `expected at most ${mostIds} ids`
    : "expected whole numbers FROM..TO, the first not above the second";
  context.issues.push({ code: "custom", message, input: value });
  return z.NEVER;
});

const id = z
  .union([z.string(), z.number().int()], "expected an id: text or a whole number")
  .transform((value) => String(value).trim())
  .refine((value) => value !== "", "expected an id, got nothing");

/** A number of anything: the limits must be able to say that there is none. */
const rate = z.union(
  [z.number().positive(), z.literal("unlimited").transform(() => Infinity)],
  'expected a number above 0, or "unlimited"',
);

const schema = z.strictObject({
  preset: setting(
    z.enum(["development", "production"]).optional(),
    "start",
    "text <preset>",
    "development (hub 3, 5 a second) or production (hub 10, 20 a second)",
  ),
  name: setting(
    text.default("backfill"),
    "run",
    "text <name>",
    "names the run: workers of the same name share its work",
  ),
  redisUrl: setting(
    url(
      /^rediss?:\/\/[^/?#]+(?:\/\d*)?$/,
      "expected a redis:// or rediss:// URL, a path only as the number of a database",
    ).default("redis://127.0.0.1:6379"),
    "run",
    "text <url>",
    "the Redis that keeps the run",
    { secret: "url" },
  ),
  redisCaFile: setting(
    text.optional(),
    "run",
    "path <file>",
    "who vouches for a rediss:// server, as PEM; else the authorities that Node knows",
  ),
  redisCluster: setting(z.boolean().default(false), "run", "boolean", "it is a node of a Redis Cluster"),
  redisSentinels: setting(
    z
      .array(text.refine((value) => URL.canParse(`redis://${value}`), "expected HOST:PORT"))
      .min(1, "expected at least one Sentinel")
      .optional(),
    "run",
    "list <host:port,host:port>",
    "Sentinels that know the primary; of redisUrl only TLS, user, password and database count then",
  ),
  redisSentinelName: setting(
    text.default("mymaster"),
    "run",
    "text <name>",
    "what the Sentinels call the primary",
  ),
  redisSentinelPassword: setting(text.optional(), "run", "text", "the password of the Sentinels", {
    secret: "whole",
  }),
  redisTimeoutMs: setting(
    ms(1).default(3000),
    "run",
    "number <ms>",
    "time for one command to Redis, after which its connection is replaced",
  ),
  prefix: setting(text.default("bf"), "run", "text <text>", "what the run's keys begin with"),
  allowEviction: setting(
    z.boolean().default(false),
    "run",
    "boolean",
    "work although Redis may throw progress away when its memory is full",
  ),
  range: setting(
    range.optional(),
    "start",
    "text <from..to>",
    "every id from one number to another, both included",
    { alias: ["MAX_FID", (value) => `1..${value}`] },
  ),
  ids: setting(
    z.array(id).min(1, "expected at least one id").optional(),
    "start",
    "list <id,id>",
    "these ids",
    { alias: ["FIDS", (value) => value] },
  ),
  idsFile: setting(text.optional(), "start", "path <file>", "the ids in a file, one a line"),
  idPattern: setting(
    text.default("\\d+"),
    "start",
    "text <regexp>",
    "what an id of `ids` or `idsFile` looks like, as a whole",
  ),
  stream: setting(
    text.optional(),
    "start",
    "text <key>",
    "the entries of a Redis stream; each id is an entry's",
  ),
  streamGroup: setting(
    text.default("fleet"),
    "start",
    "text <group>",
    "its consumer group, created where it does not exist",
  ),
  streamStart: setting(
    text.optional(),
    "start",
    "text <id>",
    "where a new group begins: an entry id, 0 (everything, the default) or $",
  ),
  adoptAfterMs: setting(
    ms(1).optional(),
    "start",
    "number <ms>",
    "how long another consumer's entry lies untouched before it is taken over; 60000",
  ),
  list: setting(
    text.optional(),
    "start",
    "text <key>",
    "the elements of a Redis list of jobs; each element is an id",
  ),
  listSide: setting(
    z.enum(["left", "right"]).optional(),
    "start",
    "text <side>",
    "the end where they are taken: right (as for LPUSH, the default) or left",
  ),
  chunkSize: setting(
    count(1, 1000).optional(),
    "start",
    "number <count>",
    "ids per chunk, the unit of leases and progress; 50 for a new run",
  ),
  job: setting(
    text.optional(),
    "sink",
    "path <module>",
    "a module of yours that exports `fetch`, `write` or both, see below",
  ),
  hubUrl: setting(
    url(/^https?:\/\//, "expected an http:// or https:// URL")
      .refine((value) => value.includes("{id}"), "expected {id} where the id goes")
      .optional(),
    "start",
    "text <url>",
    "what to GET for an id, with {id} in its place: http://hub/v1/casts/{id}",
    { secret: "url" },
  ),
  hubToken: setting(text.optional(), "start", "text", "sent to the hub as a bearer token", {
    secret: "whole",
  }),
  hubHeaders: setting(
    z.record(z.string(), z.string()).default({}),
    "start",
    "structure",
    "further headers for the hub; in the variable as YAML or JSON",
    { secret: "whole" },
  ),
  hubMaxBytes: setting(
    count(1, 536_870_912).default(16_777_216),
    "start",
    "number <bytes>",
    "largest answer of the hub that is read",
  ),
  hubProbe: setting(
    z.boolean().default(true),
    "start",
    "boolean",
    "ask the hub before the start, and refuse one that has a page of HTML and 404 for all that is asked for",
  ),
  hubConcurrency: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "fetches at a time, of this worker",
    { alias: ["CONCURRENCY", (value) => value] },
  ),
  requestsPerSecond: setting(
    rate.default(10),
    "start",
    "number <count>",
    'fetches per second, of all workers of the run together; or "unlimited"',
  ),
  burst: setting(
    count(1).optional(),
    "start",
    "number <count>",
    "fetches that may go at once after a quiet time; a hundredth of the rate, at least 1",
  ),
  sink: setting(
    text
      .regex(
        /^(?:pglite|ndjson):.+|^(?:postgres(?:ql)?|rediss?):\/\/.+/,
        "expected pglite:FOLDER, postgres://..., redis://... or ndjson:FILE",
      )
      .default("pglite:fleet-data"),
    "sink",
    "sink <where>",
    "pglite:FOLDER (an embedded Postgres), postgres://..., redis://... or ndjson:FILE",
    { secret: "url" },
  ),
  sinkTable: setting(
    text
      .regex(/^[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}_][\p{L}\p{N}_$]*)?$/u, "expected TABLE or SCHEMA.TABLE")
      .default("fleet_records"),
    "sink",
    "text <table>",
    "the table in Postgres, created where it does not exist",
  ),
  databaseConcurrency: setting(
    count(1, 1000).default(8),
    "start",
    "number <count>",
    "writes at a time, of this worker",
  ),
  buffer: setting(count(1).default(200), "start", "number <count>", "ids claimed and not being written yet"),
  claim: setting(
    count(1, 1000).default(50),
    "start",
    "number <count>",
    "chunks per claim, where nothing speaks for fewer",
  ),
  attempts: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "tries per id before it is a dead letter",
  ),
  awayAttempts: setting(
    count(0).default(5),
    "start",
    "number <count>",
    "tries per id that do not count: the hub or the sink is away; beyond them they count too",
  ),
  crashLimit: setting(
    count(2).default(4),
    "start",
    "number <count>",
    "processes that may die on an id before it is a dead letter",
  ),
  leaseMs: setting(
    ms(100).default(10_000),
    "start",
    "number <ms>",
    "how long a claim holds without a word from its worker",
  ),
  retryMinDelayMs: setting(
    ms(1).default(1000),
    "start",
    "number <ms>",
    "the first delay after a failure, doubled by each; random from 0 to that",
  ),
  retryMaxDelayMs: setting(ms(1).default(60_000), "start", "number <ms>", "where the doubling ends"),
  fetchTimeoutMs: setting(ms(1).default(30_000), "start", "number <ms>", "time for one fetch"),
  writeTimeoutMs: setting(ms(1).default(30_000), "start", "number <ms>", "time for one write"),
  maxLossMs: setting(
    ms(1).default(5000),
    "start",
    "number <ms>",
    "how much of the past Redis may lose in a crash without the run being stopped",
  ),
  breakerFailures: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "failures in a row with which the breaker of the hub or the database opens",
  ),
  breakerOpenMs: setting(
    ms(1).default(1000),
    "start",
    "number <ms>",
    "how long it is open at first, doubled each time",
  ),
  breakerMaxOpenMs: setting(ms(1).default(30_000), "start", "number <ms>", "where the doubling ends"),
  exitOnComplete: setting(
    z.boolean().optional(),
    "start",
    "boolean",
    "end when nothing is left; the default for a range and ids, not for a stream or a list",
  ),
  graceMs: setting(ms(0).default(10_000), "start", "number <ms>", "time for what is under way after SIGTERM"),
  label: setting(
    text.optional(),
    "start",
    "text <text>",
    "who the worker is, in status; host and process id",
  ),
  listenHost: setting(text.default("127.0.0.1"), "start", "text <host>", "address the port binds to"),
  listenPort: setting(
    count(0, 65_535).optional(),
    "start",
    "number <port>",
    "a port for metrics, health and status; 0 takes a free one",
  ),
  progressMs: setting(
    ms(100).optional(),
    "start",
    "number <ms>",
    "how often progress is shown; 1000 on a terminal, else 10000",
  ),
  logLevel: setting(
    z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("warn"),
    "start",
    "text <level>",
    "fatal, error, warn, info, debug or silent: JSON lines on the standard error",
  ),
});

/** Every value, in the order of the file. */
export const settings: readonly Setting[] = settingsOf(schema);

/** Parses what the layers gave together. */
export function parseConfig(
  input: unknown,
): { readonly config: Config } | { readonly issues: readonly z.core.$ZodIssue[] } {
  const parsed = schema.safeParse(input);
  return parsed.success ? { config: parsed.data } : { issues: parsed.error.issues };
}
