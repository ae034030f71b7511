import { expect, test } from "vitest";

import {
  AcquireTimeoutError,
  AuthenticationError,
  CommandTimeoutError,
  ConnectionError,
  InvalidOptionError,
  LeaseReleasedError,
  PoolClosedError,
  PoolExhaustedError,
  ReplyError,
} from "../../../src/index.ts";
import { classify, WrongLaneError } from "../../../src/ioredis/index.ts";

function system(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

/** As ioredis throws it on a leased connection. */
function bareReply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError", command: { name: "get", args: ["k"] } });
}

const connectFailed = new ConnectionError("p", "connect", "refused", "not-sent");

test.for([
  ["LOADING Redis is loading the dataset in memory", "infra", true, true],
  ["MASTERDOWN Link with MASTER is down", "infra", true, true],
  ["CLUSTERDOWN The cluster is down", "infra", true, true],
  ["BUSY Redis is busy running a script.", "infra", true, true],
  ["BUSYGROUP Consumer Group name already exists", "caller", false, false],
  ["BUSYKEY Target key name already exists.", "caller", false, false],
  ["READONLY You can't write against a read only replica.", "topology", true, false],
  [
    "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a read only replica.",
    "topology",
    true,
    false,
  ],
  [
    "ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed",
    "capacity",
    true,
    false,
  ],
  ["MOVED 3999 127.0.0.1:6381", "topology", true, false],
  ["ASK 3999 127.0.0.1:6381", "topology", true, false],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "topology", true, false],
  ["OOM command not allowed when used memory > 'maxmemory'.", "capacity", true, false],
  ["MISCONF Redis is configured to save RDB snapshots", "capacity", true, false],
  ["NOREPLICAS Not enough good replicas to write.", "capacity", true, false],
  ["NOAUTH Authentication required.", "configuration", false, true],
  ["WRONGPASS invalid username-password pair", "configuration", false, true],
  ["NOPERM this user has no permissions", "configuration", false, false],
  ["WRONGTYPE Operation against a key", "caller", false, false],
  ["NOSCRIPT No matching script.", "caller", false, false],
  ["EXECABORT Transaction discarded because of previous errors.", "caller", false, false],
  ["ERR syntax error", "caller", false, false],
] as const)("the reply %j is of kind %s", ([message, kind, recoverable, countsAsFailure]) => {
  const expected = { kind, recoverable, countsAsFailure, outcome: "replied" };
  expect(classify(new ReplyError(message))).toMatchObject(expected);
  expect(classify(bareReply(message))).toMatchObject(expected);
});

test("a discarded transaction is what discarded it", () => {
  const error = new ReplyError("EXECABORT Transaction discarded", new ReplyError("OOM command not allowed"));
  expect(classify(error)).toMatchObject({ kind: "capacity", outcome: "replied" });
});

test.for([
  [connectFailed, "infra", true, true, "not-sent"],
  [new ConnectionError("p", "lost", "lost", "unknown"), "infra", true, true, "unknown"],
  [new ConnectionError("p", "lost", "lost", "not-sent"), "infra", true, true, "not-sent"],
  [new CommandTimeoutError("p", "unknown", 5), "infra", true, true, "unknown"],
  [new AuthenticationError("p", "WRONGPASS"), "configuration", false, true, "not-sent"],
  [new PoolExhaustedError("p", "maxWaiters 1", {}), "overload", true, false, "not-sent"],
  [new AcquireTimeoutError("p", 5, {}), "overload", true, false, "not-sent"],
  [new AcquireTimeoutError("p", 5, {}, connectFailed), "infra", true, true, "not-sent"],
  [new PoolClosedError("p"), "topology", true, false, "not-sent"],
  [new LeaseReleasedError("p"), "caller", false, false, "not-sent"],
  [new WrongLaneError("BLPOP"), "caller", false, false, "not-sent"],
  [new InvalidOptionError("max", "more", "0"), "caller", false, false, "not-sent"],
  [new TypeError("not a command"), "caller", false, false, "not-sent"],
  [new DOMException("gone", "AbortError"), "cancelled", false, false, "unknown"],
  [new DOMException("late", "TimeoutError"), "infra", true, true, "unknown"],
  [system("ECONNREFUSED", "connect"), "infra", true, true, "not-sent"],
  [system("ETIMEDOUT", "connect"), "infra", true, true, "not-sent"],
  [system("ECONNRESET", "read"), "infra", true, true, "unknown"],
  [system("EPIPE", "write"), "infra", true, true, "unknown"],
  [new Error("Connection is closed."), "infra", true, true, "unknown"],
  [
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    "infra",
    true,
    true,
    "not-sent",
  ],
  [new Error("whatever"), "caller", false, false, "unknown"],
  ["not even an error", "caller", false, false, "unknown"],
  [undefined, "caller", false, false, "unknown"],
] as const)("%s is of kind %s", ([error, kind, recoverable, countsAsFailure, outcome]) => {
  expect(classify(error)).toMatchObject({ kind, recoverable, countsAsFailure, outcome });
});

test("what is not worth a retry suggests no delay, what is waits longer where a server has to recover", () => {
  expect(classify(new ReplyError("ERR syntax error")).retryDelayMs).toBe(0);
  expect(classify(connectFailed).retryDelayMs).toBe(8);
  expect(classify(new ReplyError("LOADING Redis is loading")).retryDelayMs).toBeGreaterThan(100);
});
