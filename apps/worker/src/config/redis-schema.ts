import { ms, setting, text } from "@fleet/settings";
import type { Section } from "@fleet/settings";
import { z } from "zod";

import { url } from "./values.ts";

/** The Redis that keeps the run, and how it is reached. */
export interface RedisConfig {
  readonly redisUrl: string;
  readonly redisCaFile?: string | undefined;
  readonly redisCluster: boolean;
  readonly redisSentinels?: readonly string[] | undefined;
  readonly redisSentinelName: string;
  readonly redisSentinelPassword?: string | undefined;
  readonly redisTimeoutMs: number;
  readonly prefix: string;
  readonly allowEviction: boolean;
}

export const redisSettings: Section<RedisConfig> = {
  redisUrl: setting(
    url(
      /^rediss?:\/\/[^/?#]+(?:\/\d*)?$/,
      "expected a redis:// or rediss:// URL, a path only as the number of a database",
    )
      .refine(isDecodable, "expected a URL with user and password percent-encoded (% is %25)")
      .default("redis://127.0.0.1:6379"),
    {
      description: "the Redis that keeps the run",
      kind: "text",
      takes: "<url>",
      scope: "run",
      secret: "url",
    },
  ),
  redisCaFile: setting(text.optional(), {
    description: "who vouches for a rediss:// server, as PEM; else the authorities that Node knows",
    kind: "path",
    takes: "<file>",
    scope: "run",
  }),
  redisCluster: setting(z.boolean().default(false), {
    description: "it is a node of a Redis Cluster",
    scope: "run",
  }),
  redisSentinels: setting(
    z
      .array(text.refine((value) => URL.canParse(`redis://${value}`), "expected HOST:PORT"))
      .min(1, "expected at least one Sentinel")
      .optional(),
    {
      description:
        "Sentinels that know the primary; of redisUrl only TLS, user, password and database count then",
      kind: "list",
      takes: "<host:port,host:port>",
      scope: "run",
    },
  ),
  redisSentinelName: setting(text.default("mymaster"), {
    description: "what the Sentinels call the primary",
    kind: "text",
    takes: "<name>",
    scope: "run",
  }),
  redisSentinelPassword: setting(text.optional(), {
    description: "the password of the Sentinels",
    kind: "text",
    scope: "run",
    secret: "whole",
  }),
  redisTimeoutMs: setting(ms(1).default(3000), {
    description: "time for one command to Redis, after which its connection is replaced",
    takes: "<ms>",
    scope: "run",
  }),
  prefix: setting(text.default("bf"), {
    description: "what the run's keys begin with",
    kind: "text",
    takes: "<text>",
    scope: "run",
  }),
  allowEviction: setting(z.boolean().default(false), {
    description: "work although Redis may throw progress away when its memory is full",
    scope: "run",
  }),
};

function isDecodable(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return true;
  try {
    decodeURIComponent(parsed.username + parsed.password);
    return true;
  } catch {
    return false;
  }
}
