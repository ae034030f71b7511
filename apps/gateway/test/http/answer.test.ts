import { CommandNotAllowedError, InvalidCommandError } from "@fleet/isolation";
import { describe, expect, test } from "vitest";

import { NotPermittedError, statusByCode, UnauthorizedError } from "../../src/errors.ts";
import { answerFor, errorBody } from "../../src/http/answer.ts";

const failing = (facts: object, message = "secret-host:6379 said no"): Error =>
  Object.assign(new Error(message), facts);

describe("what a caller sees of an error", () => {
  test("Redis's own text goes out as it is, without a code", () => {
    const answer = answerFor(
      failing({ code: "FLEET_POOL_REPLY", prefix: "WRONGTYPE" }, "WRONGTYPE Operation"),
    );
    expect(answer).toEqual({ status: 400, text: "WRONGTYPE Operation" });
    expect(errorBody(answer)).toBe('{"error":"WRONGTYPE Operation"}');
  });

  test.for(["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY"])(
    "%s is another moment's affair",
    (prefix) => {
      expect(answerFor(failing({ code: "FLEET_POOL_REPLY", prefix }, `${prefix} later`))).toEqual({
        status: 503,
        text: `${prefix} later`,
        retryAfterSeconds: 1,
      });
    },
  );

  test("a full server has a status of its own, and is worth another try", () => {
    const error = failing({ code: "FLEET_POOL_REPLY", prefix: "OOM" }, "OOM command not allowed");
    expect(answerFor(error)).toEqual({ status: 507, text: "OOM command not allowed", retryAfterSeconds: 1 });
  });

  test.for(["MOVED", "ASK"])("the address in a redirection by %s stays inside", (prefix) => {
    const { text, status } = answerFor(
      failing({ code: "FLEET_POOL_REPLY", prefix }, `${prefix} 1 10.0.0.1:6379`),
    );
    expect(status).toBe(502);
    expect(text).not.toContain("10.0.0.1");
  });

  test("an unknown outcome is told", () => {
    const answer = answerFor(failing({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" }));
    expect(answer).toMatchObject({ status: 504, outcome: "unknown" });
    expect(JSON.parse(errorBody(answer))).toEqual({
      error: "ERR the connection to the instance was lost before it answered",
      code: "FLEET_POOL_CONNECTION_LOST",
      outcome: "unknown",
    });
  });

  test.for([
    [undefined, 1],
    [1, 1],
    [1000, 1],
    [1001, 2],
    [60_000, 60],
  ] as const)("a wait of %s ms is Retry-After: %s", ([retryAfterMs, seconds]) => {
    expect(answerFor(failing({ code: "FLEET_BREAKER_OPEN", retryAfterMs }))).toMatchObject({
      status: 503,
      retryAfterSeconds: seconds,
    });
  });

  test.for([
    [
      "unknown",
      "ERR Command is not available: 'SORT' (unknown): it is in no table of commands, so its keys are not known",
    ],
    [
      "transaction",
      'ERR Command "SORT" is not allowed in REST or it has a special context path (transaction): POST commands that belong together to /multi-exec',
    ],
    [
      "blocking",
      "ERR Command is not available: 'SORT' (blocking): ask again without blocking (LPOP, LMOVE, ZPOPMIN, XREAD without BLOCK)",
    ],
    [
      "connection-state",
      'ERR Command "SORT" is not allowed in REST or it has a special context path (connection-state): it would change a connection that many callers share',
    ],
    [
      "scripting",
      "ERR Command is not available: 'SORT' (scripting): a script may name any key, and scripts are off for this project",
    ],
  ] as const)(
    "a refusal because of %s has the hosted service's words, the reason and no foreign page",
    ([reason, text]) => {
      expect(answerFor(new CommandNotAllowedError("SORT", reason))).toMatchObject({ status: 400, text });
    },
  );

  test("a refused option is named, as the command itself is there", () => {
    expect(answerFor(new CommandNotAllowedError("SORT", "hidden-keys", { option: "BY" })).text).toMatch(
      /^ERR Command is not available: 'SORT' with BY \(hidden-keys\): /,
    );
  });

  test("a transaction that was discarded says why", () => {
    const cause = new Error("ERR unknown command 'HEXPIRX', with args beginning with: 'h' ");
    const error = Object.assign(
      new Error("EXECABORT Transaction discarded because of previous errors.", { cause }),
      {
        code: "FLEET_POOL_REPLY",
        prefix: "EXECABORT",
      },
    );
    expect(answerFor(error)).toMatchObject({
      status: 400,
      text: `EXECABORT Transaction discarded because of previous errors. (${cause.message})`,
    });
  });

  test("a wrong number of arguments has Redis's words", () => {
    expect(answerFor(new InvalidCommandError("wrong number of arguments for GET", "arity")).text).toBe(
      "ERR wrong number of arguments for 'get' command",
    );
  });

  test("rights and tokens have the hosted service's words", () => {
    expect(answerFor(NotPermittedError.command("SET"))).toMatchObject({
      status: 403,
      text: "NOPERM this user has no permissions to run the 'set' command or its subcommand",
    });
    expect(answerFor(new UnauthorizedError())).toMatchObject({
      status: 401,
      text: "WRONGPASS invalid or missing auth token: send one token, in the header Authorization or as _token",
    });
  });

  test.for([
    new Error("boom secret-host"),
    failing({ code: "FLEET_SOMETHING_NEW" }),
    "text",
    undefined,
    null,
    {},
  ])("the unexpected is an internal error: %s", (error) => {
    expect(answerFor(error)).toEqual({
      status: 500,
      text: "ERR internal error",
      code: "FLEET_GATEWAY_INTERNAL",
    });
  });

  test("no code of a package lets the text of its error out", () => {
    const ownText = new Set([
      "FLEET_POOL_REPLY",
      "FLEET_POOL_MEMORY",
      "FLEET_POOL_KEY_NOT_FOUND",
      // They name a command and numbers.
      "FLEET_ISOLATION_TOO_MANY_KEYS",
      "FLEET_ISOLATION_UNFINISHED",
    ]);
    const leaky = Object.keys(statusByCode).filter(
      (code) =>
        !code.startsWith("FLEET_GATEWAY_") &&
        !code.startsWith("FLEET_ISOLATION_INVALID_COMMAND") &&
        !ownText.has(code) &&
        answerFor(failing({ code, command: "X", reason: "drain" })).text.includes("secret-host"),
    );
    expect(leaky).toEqual([]);
  });

  test("what asks to come back says when, and every text names its kind first", () => {
    for (const [code, status] of Object.entries(statusByCode)) {
      const answer = answerFor(failing({ code, command: "X", reason: "drain" }, "ERR text"));
      expect(answer.status).toBe(status);
      expect(answer.retryAfterSeconds !== undefined).toBe(status === 503);
      expect(answer.text).toMatch(/^[A-Z]+ /);
    }
  });
});

describe("a transaction that Redis discards answers as what discarded it", () => {
  const discarded = (prefix: string, message: string): Error =>
    Object.assign(
      new Error("EXECABORT Transaction discarded because of previous errors.", {
        cause: failing(
          { code: prefix === "OOM" ? "FLEET_POOL_MEMORY" : "FLEET_POOL_REPLY", prefix },
          message,
        ),
      }),
      { code: "FLEET_POOL_REPLY", prefix: "EXECABORT" },
    );

  test.for([
    ["OOM", 507],
    ["LOADING", 503],
    ["READONLY", 503],
    ["MASTERDOWN", 503],
    ["NOREPLICAS", 503],
  ] as const)("%s is %i, and worth another try", ([prefix, status]) => {
    expect(answerFor(discarded(prefix, `${prefix} not now`))).toEqual({
      status,
      text: `EXECABORT Transaction discarded because of previous errors. (${prefix} not now)`,
      retryAfterSeconds: 1,
    });
  });

  test.for(["MOVED", "ASK"])("the address in %s stays inside", (prefix) => {
    const { status, text } = answerFor(discarded(prefix, `${prefix} 1 10.0.0.1:6379`));
    expect(status).toBe(502);
    expect(text).not.toContain("10.0.0.1");
  });
});
