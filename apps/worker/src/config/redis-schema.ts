import { z } from "zod";

import { type Section, setting } from "./setting.ts";
import { ms, text, url } from "./values.ts";

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
};
