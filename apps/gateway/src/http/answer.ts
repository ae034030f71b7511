import type { CommandNotAllowedError, InvalidCommandError } from "@fleet/isolation";

import { statusByCode } from "../errors.ts";

/** An error as it leaves the gateway. */
export interface Answer {
  readonly status: number;
  /** Redis's own text, or ours; never an address, an argument or a secret. */
  readonly text: string;
  /** Ours for a program to read; undefined when it is Redis that answered. */
  readonly code?: string;
  /** Whether a command that failed on its way may have been executed. */
  readonly outcome?: "unknown" | "not-sent";
  readonly retryAfterSeconds?: number;
}

interface Facts {
  readonly code?: unknown;
  readonly message: string;
  readonly prefix?: unknown;
  readonly outcome?: unknown;
  readonly retryAfterMs?: unknown;
  readonly reason?: unknown;
  readonly cause?: unknown;
}

/** Says what a caller gets to see of an error: the status by its code, and a text that gives nothing away. */
export function answerFor(error: unknown): Answer {
  const facts: Facts = error instanceof Error ? error : { message: "" };
  const code = typeof facts.code === "string" && facts.code in statusByCode ? facts.code : internal;
  if (replies.has(code)) return replyAnswer(facts, code);
  const status = statusByCode[code]!;
  const { outcome } = facts;
  return {
    status,
    text: textFor(code, facts),
    code,
    ...(outcome === "unknown" || outcome === "not-sent" ? { outcome } : {}),
    ...(status === 503 || status === 429 ? { retryAfterSeconds: seconds(facts.retryAfterMs) } : {}),
  };
}

/** The body of an error: `{"error":"...","code":"FLEET_...","outcome":"unknown"}`, the last two where there is something to say. */
export function errorBody({ text, code, outcome }: Answer): string {
  let body = `{"error":${JSON.stringify(text)}`;
  if (code !== undefined) body += `,"code":"${code}"`;
  if (outcome !== undefined) body += `,"outcome":"${outcome}"`;
  return `${body}}`;
}

/** Whole seconds, at least one: `Retry-After` knows no less. */
function seconds(retryAfterMs: unknown): number {
  return typeof retryAfterMs === "number" && retryAfterMs > 1000 ? Math.ceil(retryAfterMs / 1000) : 1;
}

/**
 * @code FLEET_GATEWAY_INTERNAL A defect of the gateway.
 * @outcome unknown
 * @retry no
 * @remedy Report it: the log has the place in the code, without data.
 */
const internal = "FLEET_GATEWAY_INTERNAL";
const replies: ReadonlySet<string> = new Set([
  "FLEET_POOL_REPLY",
  "FLEET_POOL_MEMORY",
  "FLEET_POOL_KEY_NOT_FOUND",
]);

/** Redis is there and says "not now": another moment, or another server, may do. */
const notNow: ReadonlySet<unknown> = new Set([
  "BUSY",
  "CLUSTERDOWN",
  "LOADING",
  "MASTERDOWN",
  "NOREPLICAS",
  "READONLY",
  "TRYAGAIN",
]);

function replyAnswer({ message, prefix, cause }: Facts, code: string): Answer {
  // A transaction is discarded for what one of its commands got for an answer.
  if (prefix === "EXECABORT" && cause instanceof Error) {
    const why = replyAnswer(cause, code);
    return { ...why, text: `${message} (${why.text})` };
  }
  // Redis's text is passed on, save where it is the address of another server.
  if (prefix === "MOVED" || prefix === "ASK")
    return { status: 502, text: "ERR the instance is part of a cluster, which this gateway does not follow" };
  // Reads go on; writes again once something has been deleted, or has expired.
  if (prefix === "OOM") return { status: 507, text: message, retryAfterSeconds: 1 };
  if (notNow.has(prefix)) return { status: 503, text: message, retryAfterSeconds: 1 };
  return { status: statusByCode[code]!, text: message };
}

function textFor(code: string, facts: Facts): string {
  if (code.startsWith("FLEET_GATEWAY_") && code !== internal && code !== "FLEET_GATEWAY_CREDENTIALS")
    return facts.message;
  if (code === "FLEET_ISOLATION_COMMAND_NOT_ALLOWED") return refusal(facts as CommandNotAllowedError);
  if (code === "FLEET_ISOLATION_INVALID_COMMAND") return malformed(facts as InvalidCommandError);
  if (ownWords.has(code)) return `ERR ${facts.message}`;
  if (code === "FLEET_ROUTER_NO_TARGET") return `ERR the instance is not available (${String(facts.reason)})`;
  if (code === "FLEET_POOL_CONNECT_FAILED" && facts.reason === "loading")
    return "LOADING the instance is loading its data";
  return textByCode[code] ?? "ERR internal error";
}

/** Errors whose message names commands and numbers, and nothing else. */
const ownWords: ReadonlySet<string> = new Set([
  "FLEET_ISOLATION_TOO_MANY_KEYS",
  "FLEET_ISOLATION_UNFINISHED",
]);

/** Why, and what does the same here where something does. */
const explained: Readonly<Record<CommandNotAllowedError["reason"], string>> = {
  unknown: "it is in no table of commands, so its keys are not known",
  "connection-state": "it would change a connection that many callers share",
  transaction: "POST commands that belong together to /multi-exec",
  pubsub:
    "it would bind a connection that many callers share, or shows what others subscribe to; PUBLISH sends",
  blocking: "ask again without blocking (LPOP, LMOVE, ZPOPMIN, XREAD without BLOCK)",
  administration: "it belongs to the operator of the server",
  keyspace: "it sees or changes the keys of all projects; SCAN, KEYS, DBSIZE and FLUSHDB are a project's own",
  scripting: "a script may name any key, and scripts are off for this project",
  transfer: "it moves or forges data; COPY and RENAME move keys",
  "hidden-keys": "it names keys by pattern; BY nosort and GET # are allowed, and MGET or HGET get the rest",
};

/** The hosted service's words, which clients and people know, then the reason and what to use instead. */
function refusal({
  command,
  reason,
  option,
}: Pick<CommandNotAllowedError, "command" | "reason" | "option">): string {
  const words =
    reason === "connection-state" || reason === "transaction" || reason === "pubsub"
      ? `ERR Command "${command}" is not allowed in REST or it has a special context path`
      : `ERR Command is not available: '${command}'${option === undefined ? "" : ` with ${option}`}`;
  return `${words} (${reason}): ${explained[reason]}`;
}

/** Redis's words where it has some: the command was not sent because Redis would say so. */
function malformed({ message, reason }: Pick<InvalidCommandError, "message" | "reason">): string {
  const name = reason === "arity" ? /^wrong number of arguments for (\S+)$/.exec(message)?.[1] : undefined;
  return name === undefined
    ? `ERR ${message}`
    : `ERR wrong number of arguments for '${name.toLowerCase()}' command`;
}

const unreachable = "ERR the instance cannot be reached";
const refusing = "ERR the instance is failing and gets no calls for a while";
const full = "ERR too many calls are waiting for the instance";
const closing = "ERR the gateway is shutting down";
const lostCredentials = "ERR the gateway has no valid credentials for the instance";

const textByCode: Readonly<Record<string, string>> = {
  FLEET_ISOLATION_FOREIGN_KEY: "ERR the reply was withheld: it names keys of somebody else",
  FLEET_BREAKER_OPEN: refusing,
  FLEET_BREAKER_HALF_OPEN: refusing,
  FLEET_BREAKER_ISOLATED: refusing,
  FLEET_ROUTER_UNKNOWN_TARGET: "ERR no such instance or group",
  FLEET_POOL_CONNECT_FAILED: unreachable,
  FLEET_POOL_CONNECTION_LOST: "ERR the connection to the instance was lost before it answered",
  FLEET_POOL_COMMAND_TIMEOUT: "ERR the instance did not answer in time",
  FLEET_POOL_ACQUIRE_TIMEOUT: full,
  FLEET_POOL_EXHAUSTED: full,
  FLEET_POOL_AUTHENTICATION: lostCredentials,
  FLEET_POOL_CLOSED: unreachable,
  FLEET_POOL_REPLY_TOO_LARGE:
    "ERR the command was executed, and its reply is larger than is passed on here; ask for less at a time",
  FLEET_POOL_WRONG_LANE:
    "ERR the command is not available here: it would bind a connection that others share",
  FLEET_CLIENT_CLOSED: closing,
  FLEET_CLIENT_INTERRUPTED:
    "ERR some commands were executed before the instance could not be reached for the others",
  FLEET_CLIENT_DEADLINE: "ERR the instance did not answer in time",
  FLEET_CLIENT_CREDENTIALS: lostCredentials,
  FLEET_CLIENT_STARTING: "ERR no such instance or group is known yet: the gateway is still looking for them",
  FLEET_DISCOVERY_CLOSED: closing,
  FLEET_GATEWAY_CREDENTIALS: lostCredentials,
};
