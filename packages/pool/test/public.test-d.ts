import type { Redis } from "ioredis";
import { expectTypeOf, test } from "vitest";

import {
  type Clock,
  ConnectionError,
  ExclusiveLane,
  type Factory,
  type Lease,
  ReplyError,
  type ReplyTooLargeError,
} from "../src/index.ts";
import {
  type BatchReply,
  type Classification,
  classify,
  type Command,
  type Health,
  RedisPool,
  type RedisPoolOptions,
  type Reply,
  type SendOptions,
  type UnsentError,
  type WrongLaneError,
} from "../src/ioredis/index.ts";

test("a command is a name and flat text or bytes, a reply is in its RESP2 shape", () => {
  expectTypeOf<Command>().toEqualTypeOf<readonly [name: string, ...args: (string | Buffer)[]]>();
  expectTypeOf<["SET", string, Buffer]>().toExtend<Command>();
  expectTypeOf<[]>().not.toExtend<Command>();
  expectTypeOf<["SET", number]>().not.toExtend<Command>();
  expectTypeOf<Reply>().toEqualTypeOf<string | number | Buffer | null | ReplyError | readonly Reply[]>();
});

test("a pool has a lane that sends and a lane that lends ioredis connections", () => {
  expectTypeOf<RedisPool["shared"]["send"]>().toEqualTypeOf<
    (command: Command, options?: SendOptions) => Promise<Reply>
  >();
  expectTypeOf<RedisPool["shared"]["batch"]>().returns.resolves.toEqualTypeOf<readonly BatchReply[]>();
  expectTypeOf<BatchReply>().toEqualTypeOf<
    | { readonly value: Reply }
    | { readonly error: ReplyError | ReplyTooLargeError | UnsentError | WrongLaneError }
  >();
  expectTypeOf<RedisPool["exclusive"]>().toEqualTypeOf<ExclusiveLane<Redis>>();
  expectTypeOf<RedisPool["shared"]["state"]>().toEqualTypeOf<
    "idle" | "connecting" | "ready" | "backoff" | "closed"
  >();
  expectTypeOf<RedisPool>().toExtend<AsyncDisposable>();
  expectTypeOf<Health["status"]>().toEqualTypeOf<"unknown" | "healthy" | "unhealthy">();
});

test("a lane lends whatever its factory makes", () => {
  expectTypeOf<ExclusiveLane<{ id: number }>["acquire"]>().returns.resolves.toEqualTypeOf<
    Lease<{ id: number }>
  >();
  expectTypeOf<Lease<string>>().toExtend<
    AsyncDisposable & { readonly connection: string; readonly lost: boolean }
  >();
  expectTypeOf<Factory<string>["create"]>().returns.resolves.toEqualTypeOf<string>();
});

test("errors say what happened in words that are known", () => {
  expectTypeOf<ConnectionError["code"]>().toEqualTypeOf<
    "FLEET_POOL_CONNECT_FAILED" | "FLEET_POOL_CONNECTION_LOST"
  >();
  expectTypeOf<ConnectionError["outcome"]>().toEqualTypeOf<"not-sent" | "unknown">();
  expectTypeOf(classify).toEqualTypeOf<(error: unknown) => Classification>();
});

test("options are read-only, and only name, host and port are needed", () => {
  expectTypeOf<{ name: string; host: string; port: number }>().toExtend<RedisPoolOptions>();
  expectTypeOf<RedisPoolOptions["clock"]>().toEqualTypeOf<Clock | undefined>();
  expectTypeOf<RedisPoolOptions>().toEqualTypeOf<Readonly<RedisPoolOptions>>();
});
