import { hash } from "node:crypto";

import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { Answered, OpenGateway } from "../open-gateway.ts";

const scripter = "scripting-token-for-tests";
const observer = "observing-token-for-tests";
const ofProject = "project-reader-for-tests";
let redis: RedisServer;
let gateway: OpenGateway;
beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    settings: {
      tokens: [
        { name: "full", digest: hash("sha256", secrets.full), rights: "full", targets: ["orders"] },
        { name: "read", digest: hash("sha256", secrets.readOnly), rights: "read-only", targets: ["orders"] },
        {
          name: "scripter",
          digest: hash("sha256", scripter),
          rights: "read-only",
          targets: ["orders"],
          allows: ["scripts"],
        },
        {
          name: "observer",
          digest: hash("sha256", observer),
          rights: "read-only",
          targets: ["orders"],
          allows: ["keyspace", "heavy", "server"],
        },
        {
          name: "of-a-project",
          digest: hash("sha256", ofProject),
          rights: "read-only",
          targets: ["orders"],
          project: "shop",
        },
      ],
    },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});

type Send = (command: readonly string[], headers: Record<string, string>) => Promise<Answered>;
const post = (path: string, body: unknown, headers: Record<string, string>): Promise<Answered> =>
  gateway.ask(path, { method: "POST", body: JSON.stringify(body), token: null, headers });

/** Every form in which a caller can send one command, and where its error stands in the answer. */
const forms: readonly (readonly [string, Send, (answer: Answered) => unknown])[] = [
  ["a body", (command, headers) => post("/", command, headers), ({ json }) => json],
  [
    "a path",
    (command, headers) =>
      gateway.ask(`/${command.map(encodeURIComponent).join("/")}`, { token: null, headers }),
    ({ json }) => json,
  ],
  [
    "a pipeline",
    (command, headers) => post("/pipeline", [["PING"], command], headers),
    ({ json }) => (json as readonly unknown[])[1],
  ],
  [
    "a transaction",
    (command, headers) => post("/multi-exec", [command], headers),
    // A refusal discards the whole transaction; an error of Redis stands in its slot.
    ({ json }) => (Array.isArray(json) ? (json as readonly unknown[])[0] : json),
  ],
];

describe.for(forms)("a script by a read-only token, as %s", ([, send, slotOf]) => {
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  test.for([
    ["EVAL_RO", "return redis.call('KEYS','*')", "0"],
    ["eval_ro", "while true do end", "0"],
    ["EvalSha_Ro", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
    ["FCALL_RO", "f", "0"],
  ])("%j is refused, and names the setting", async (command) => {
    const before = gateway.seen.length;
    expect(slotOf(await send(command, bearer(secrets.readOnly)))).toMatchObject({
      error: expect.stringMatching(/^NOPERM .*allows names scripts/),
    });
    expect(gateway.seen.slice(before).filter((name) => name !== "PING")).toEqual([]);
  });

  test("runs where the token's setting allows it", async () => {
    await redis.call("SET", "price", "42");
    const script = ["EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "price"];
    expect(JSON.stringify(await send(script, bearer(scripter)).then(({ json }) => json))).toContain('"42"');
  });

  test("writes nothing, and gets no other powerful read, where it is allowed", async () => {
    const write = ["EVAL_RO", "return redis.call('SET', KEYS[1], 'x')", "1", "price"];
    expect(slotOf(await send(write, bearer(scripter)))).toMatchObject({
      error: expect.stringContaining("not allowed from read-only scripts"),
    });
    for (const refused of [
      ["EVAL", "return 1", "0"],
      ["KEYS", "*"],
    ])
      expect(slotOf(await send(refused, bearer(scripter)))).toMatchObject({
        error: expect.stringMatching(/^NOPERM /),
      });
  });
});

describe("more than the keys that it names", () => {
  const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  test.for([
    ["KEYS", "*"],
    ["SCAN", "0"],
    ["RANDOMKEY"],
    ["DBSIZE"],
    ["SORT_RO", "l"],
    ["LCS", "a", "b"],
    ["FUNCTION", "LIST"],
  ])("%j is of an owner's read-only token only where its setting names it", async (command) => {
    const refused = await post("/", command, as(secrets.readOnly));
    expect([refused.status, refused.json]).toEqual([
      403,
      expect.objectContaining({
        error: expect.stringMatching(/^NOPERM .*allows names (keyspace|heavy|server)$/),
      }),
    ]);
    expect((await post("/", command, as(observer))).status).toBe(200);
  });

  test.for([["KEYS", "*"], ["SCAN", "0"], ["DBSIZE"], ["LCS", "a", "b"], ["SORT_RO", "l"]])(
    "%j is refused to a project's read-only token",
    async (command) => {
      expect((await post("/", command, as(ofProject))).status).toBeOneOf([400, 403]);
    },
  );

  test("reads of named keys are those of every token", async () => {
    for (const token of [secrets.readOnly, observer, ofProject]) {
      expect((await post("/", ["GET", "absent"], as(token))).status).toBe(200);
      expect((await post("/", ["SET", "k", "v"], as(token))).status).toBe(403);
    }
  });
});

test("a caller that presents the digest is refused, and the log says once what stands in the wrong place", async () => {
  const authorization = `Bearer ${hash("sha256", secrets.full).toUpperCase()}`;
  for (let call = 0; call < 3; call += 1)
    expect((await gateway.ask("/get/k", { token: null, headers: { authorization } })).status).toBe(401);
  const warnings = gateway.log.filter((line) => line.includes("the digest as the token"));
  expect(warnings.map((line) => JSON.parse(line) as object)).toMatchObject([{ level: 40, token: "full" }]);
});
