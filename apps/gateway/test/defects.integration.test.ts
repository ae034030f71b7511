import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "./open-gateway.ts";
import type { OpenGateway } from "./open-gateway.ts";

// What other gateways of this protocol get wrong, one by one.

let redis: RedisServer;
let gateway: OpenGateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});
beforeEach(() => redis.call("FLUSHALL"));

const post = (path: string, body: string): ReturnType<OpenGateway["ask"]> =>
  gateway.ask(path, { method: "POST", body });

test("32 of 32 concurrent transactions succeed, and no GET fails or sees a foreign value meanwhile", async () => {
  await redis.call("SET", "mine", "mine");
  const transactions = Array.from({ length: 32 }, (_, index) =>
    post(
      "/multi-exec",
      JSON.stringify([
        ["SET", `t${index}`, index],
        ["INCR", "count"],
        ["GET", `t${index}`],
      ]),
    ),
  );
  const gets = Array.from({ length: 150 }, () => gateway.ask("/get/mine"));
  const done = await Promise.all(transactions);
  done.forEach(({ status, json }, index) => {
    expect(status).toBe(200);
    expect(json).toEqual([{ result: "OK" }, { result: expect.any(Number) }, { result: String(index) }]);
  });
  for (const { status, json } of await Promise.all(gets)) {
    expect(status).toBe(200);
    expect(json).toEqual({ result: "mine" });
  }
  expect(await redis.call("GET", "count")).toBe("32");
});

test("no writer is ever seen between the slots of a transaction", async () => {
  const stop = new AbortController();
  const writer = (async () => {
    while (!stop.signal.aborted) await gateway.ask("/incr/k");
  })();
  for (let round = 0; round < 50; round += 1) {
    const { json } = await post("/multi-exec", '[["GET","k"],["INCR","k"],["INCR","k"],["DECRBY","k",2]]');
    const [before, first, second, after] = (json as { result: unknown }[]).map(({ result }) =>
      Number(result ?? 0),
    );
    expect([first, second, after]).toEqual([before! + 1, before! + 2, before]);
  }
  stop.abort();
  await writer;
});

const refused = [
  ["MULTI"],
  ["EXEC"],
  ["DISCARD"],
  ["WATCH", "k"],
  ["UNWATCH"],
  ["SELECT", "5"],
  ["SWAPDB", "0", "1"],
  ["AUTH", "x"],
  ["HELLO", "3"],
  ["RESET"],
  ["QUIT"],
  ["READONLY"],
  ["ASKING"],
  ["SUBSCRIBE", "ch"],
  ["PSUBSCRIBE", "*"],
  ["SSUBSCRIBE", "ch"],
  ["UNSUBSCRIBE"],
  ["MONITOR"],
  ["SYNC"],
  ["PSYNC", "?", "-1"],
  ["CLIENT", "REPLY", "OFF"],
  ["CLIENT", "TRACKING", "ON"],
  ["CLIENT", "PAUSE", "1000"],
  ["CLIENT", "KILL", "TYPE", "normal"],
  ["CLIENT", "NO-EVICT", "ON"],
  ["CLIENT", "SETNAME", "x"],
  ["BLPOP", "q", "7"],
  ["BRPOP", "q", "7"],
  ["BLMOVE", "q", "r", "LEFT", "LEFT", "7"],
  ["BZPOPMIN", "z", "7"],
  ["WAIT", "1", "7000"],
  ["XREAD", "BLOCK", "7000", "STREAMS", "s", "$"],
  ["CONFIG", "SET", "dir", "/"],
  ["CONFIG", "GET", "requirepass"],
  ["SHUTDOWN", "NOSAVE"],
  ["DEBUG", "SLEEP", "7"],
  ["MODULE", "LOAD", "/x"],
  ["REPLICAOF", "NO", "ONE"],
  ["MIGRATE", "h", "1", "k", "0", "1"],
  ["ACL", "LIST"],
  ["CLUSTER", "RESET"],
] as const;

describe("a command that would change a shared connection, hold it or harm the server", () => {
  test.for(refused.map((command) => [command.join(" "), command] as const))(
    "%s is refused in every form and case, and the next request is clean",
    async ([, command]) => {
      await redis.call("SET", "k", "clean");
      const mixed = command.map((word, index) =>
        index < 2 ? word.replace(/[A-Z]/, (c) => c.toLowerCase()) : word,
      );
      for (const form of [command, command.map((word) => word.toLowerCase()), mixed]) {
        const answers = [
          await gateway.ask(`/${form.map(encodeURIComponent).join("/")}`),
          await post("/", JSON.stringify(form)),
          await post("/multi-exec", JSON.stringify([["SET", "k", "dirty"], form])),
        ];
        for (const { status, json } of answers) {
          expect(status).toBe(400);
          expect((json as { error: string }).error).toMatch(/^ERR /);
        }
        const { status, json } = await post("/pipeline", JSON.stringify([["GET", "k"], form, ["GET", "k"]]));
        expect(status).toBe(200);
        expect(json).toEqual([
          { result: "clean" },
          {
            error: expect.stringMatching(/^ERR /),
            code: expect.stringMatching(/^FLEET_/),
            outcome: "not-sent",
          },
          { result: "clean" },
        ]);
        expect((await gateway.ask("/get/k")).json).toEqual({ result: "clean" });
      }
    },
  );

  test("names are matched as a whole", async () => {
    await redis.call("SET", "k", "value");
    expect((await gateway.ask("/getrange/k/0/1", { token: "readOnly" })).json).toEqual({ result: "va" });
    expect((await gateway.ask("/getdel/k", { token: "readOnly" })).status).toBe(403);
    for (const name of ["GE", "GETT", "GET%20", "%20GET", "GET%0a", "G%00ET"])
      expect((await gateway.ask(`/${name}/k`)).status).toBe(400);
  });
});

test("CLIENT SETINFO is answered, and does not reach the server", async () => {
  const before = gateway.seen.length;
  for (const form of [
    ["CLIENT", "SETINFO", "LIB-NAME", "sdk"],
    ["client", "setinfo", "lib-ver", "1"],
  ]) {
    expect((await post("/", JSON.stringify(form))).json).toEqual({ result: "OK" });
    expect((await gateway.ask(`/${form.join("/")}`)).json).toEqual({ result: "OK" });
    expect((await post("/multi-exec", JSON.stringify([form, ["PING"]]))).json).toEqual([
      { result: "OK" },
      { result: "PONG" },
    ]);
  }
  expect(gateway.seen.slice(before)).toEqual(["PING", "PING"]);
});

test("bytes survive the round trip", async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index));
  await gateway.ask("/set/bytes", { method: "POST", body: bytes });
  const { json } = await gateway.ask("/get/bytes", { headers: { "upstash-encoding": "base64" } });
  expect(Buffer.from((json as { result: string }).result, "base64")).toEqual(bytes);
});

describe("without a right token", () => {
  const routes = [
    ["GET", "/", undefined],
    ["HEAD", "/set/k/v", undefined],
    ["GET", "/set/k/v", undefined],
    ["POST", "/set/k", "v"],
    ["PUT", "/set/k", "v"],
    ["POST", "/", '["SET","k","v"]'],
    ["POST", "/pipeline", '[["SET","k","v"]]'],
    ["POST", "/multi-exec", '[["SET","k","v"]]'],
    ["GET", "/redis/orders/set/k/v", undefined],
    ["POST", "/redis/orders", '["SET","k","v"]'],
    ["POST", "/redis/orders/pipeline", '[["SET","k","v"]]'],
    ["POST", "/redis/orders/multi-exec", '[["SET","k","v"]]'],
    ["GET", "/pipeline", undefined],
    ["DELETE", "/", undefined],
    ["OPTIONS", "/set/k/v", undefined],
    ["GET", "/%zz/%", undefined],
    ["GET", "/nowhere/at/all", undefined],
  ] as const;
  const credentials: readonly (readonly [string, string, Record<string, string>])[] = [
    ["none", "", {}],
    ["a wrong one", "", { authorization: "Bearer wrong" }],
    ["a wrong one in the URL", "?_token=wrong", {}],
    ["another scheme", "", { authorization: `Basic ${secrets.full}` }],
    [
      "a right one in the URL under a wrong header",
      `?_token=${secrets.full}`,
      { authorization: "Bearer wrong" },
    ],
    ["an empty one", "?_token=", { authorization: "Bearer " }],
  ];

  const unauthorized = {
    error:
      "WRONGPASS invalid or missing auth token: send one token, in the header Authorization or as _token",
    code: "FLEET_GATEWAY_UNAUTHORIZED",
  };

  test("every route of the port is in the table", () => {
    const registered = gateway.gateway.data.printRoutes({ commonPrefix: false });
    expect(new Set(registered.match(/\/\S+/g))).toEqual(new Set(["/command", "/pipeline", "/multi-exec"]));
  });

  test.for(credentials)("%s: 401 on every route, and no command is run", async ([, query, headers]) => {
    const before = gateway.seen.length;
    for (const [method, path, body] of routes) {
      const answer = await gateway.ask(path + query, {
        method,
        token: null,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(method === "HEAD" ? unauthorized : answer.json).toEqual(unauthorized);
    }
    expect(gateway.seen.length).toBe(before);
    expect(await redis.call("DBSIZE")).toBe(0);
  });

  test("an admin token opens no data", async () => {
    const before = gateway.seen.length;
    for (const [method, path, body] of routes)
      expect(
        (await gateway.ask(path, { method, token: "admin", ...(body === undefined ? {} : { body }) })).status,
      ).toBe(403);
    expect(gateway.seen.length).toBe(before);
  });
});

describe("a read-only token", () => {
  interface Info {
    readonly name: string;
    readonly arity: number;
    readonly flags: readonly string[];
    readonly categories: readonly string[];
    readonly subcommands: readonly Info[];
  }
  const infoOf = (raw: unknown): Info => {
    const [name, arity, flags, , , , categories, , , subcommands] = raw as [
      string,
      number,
      string[],
      0,
      0,
      0,
      string[],
      0,
      0,
      unknown[],
    ];
    return { name, arity, flags, categories, subcommands: subcommands.map(infoOf) };
  };

  /** Not flagged as reads by the server, which means that they touch no keys at all. */
  const touchesNoData = new Set(["ping", "echo", "time"]);

  test("runs nothing that the server itself does not call a harmless read", async () => {
    const before = gateway.seen.length;
    const table = ((await redis.call("COMMAND")) as unknown[]).map(infoOf);
    expect(table.length).toBeGreaterThan(200);
    const admitted: string[] = [];
    const harmful = new Set<string>();
    const refusals = new Set<number>();
    const commands = table.flatMap((one) => (one.subcommands.length > 0 ? one.subcommands : [one]));
    // Newer servers know CLIENT SETINFO, which the gateway answers itself.
    for (const info of commands.filter(({ name }) => name !== "client|setinfo")) {
      const words = info.name.split("|");
      for (const extra of [0, 1, 2, 3]) {
        const count = Math.max(Math.abs(info.arity) + extra - words.length, 0);
        const command = [...words, ...Array.from({ length: count }, () => "1")];
        const { status } = await gateway.ask("/", {
          method: "POST",
          body: JSON.stringify(command),
          token: "readOnly",
        });
        const isAdmitted = gateway.seen.length > before + admitted.length;
        if (!isAdmitted) {
          refusals.add(status);
          continue;
        }
        admitted.push(info.name);
        const isHarmless = info.flags.includes("readonly") && !info.categories.includes("@dangerous");
        if (!isHarmless && !touchesNoData.has(info.name)) harmful.add(info.name);
      }
    }
    expect([...harmful]).toEqual([]);
    expect(refusals).toEqual(new Set([400, 403]));
    expect(new Set(admitted).size).toBeGreaterThan(40);
    for (const name of [
      "scan",
      "keys",
      "getex",
      "getdel",
      "sort",
      "set",
      "eval",
      "publish",
      "copy",
      "setrange",
    ])
      expect(admitted).not.toContain(name);
  });

  test("is refused in every slot", async () => {
    await redis.call("SET", "k", "v");
    const noperm = (name: string): object => ({
      error: `NOPERM this user has no permissions to run the '${name}' command or its subcommand`,
    });
    const ask = (path: string, body: string): ReturnType<OpenGateway["ask"]> =>
      gateway.ask(path, { method: "POST", body, token: "readOnly" });
    expect(await ask("/", '["set","k","x"]')).toMatchObject({ status: 403, json: noperm("set") });
    expect(await gateway.ask("/del/k", { token: "readOnly" })).toMatchObject({
      status: 403,
      json: noperm("del"),
    });
    expect(
      (await ask("/pipeline", '[["GET","k"],["SET","k","x"],["scan","0"],["GET","k"]]')).json,
    ).toMatchObject([
      { result: "v" },
      noperm("set"),
      { error: expect.stringContaining((noperm("scan") as { error: string }).error) },
      { result: "v" },
    ]);
    expect(await ask("/multi-exec", '[["GET","k"],["DEL","k"]]')).toMatchObject({
      status: 403,
      json: noperm("del"),
    });
    expect((await ask("/multi-exec", '[["GET","k"]]')).json).toEqual([{ result: "v" }]);
    expect(await redis.call("GET", "k")).toBe("v");
  });
});
