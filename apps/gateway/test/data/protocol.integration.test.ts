import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, openGateway } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
let gateway: OpenGateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({
    instances: [{ name: "orders", group: "shop", endpoints: [at(redis)] }],
    settings: { bodyLimitBytes: 1024 * 1024, maxPipelineCommands: 100 },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});
beforeEach(() => redis.call("FLUSHALL"));

const post = (
  path: string,
  body: RequestInit["body"] | undefined,
  headers: Readonly<Record<string, string>> = {},
): ReturnType<OpenGateway["ask"]> =>
  gateway.ask(path, { method: "POST", headers, ...(body === undefined ? {} : { body }) });
const result = (value: unknown): object => ({ status: 200, json: { result: value } });

describe("the path form", () => {
  test("commands in any case, arguments decoded, on every method", async () => {
    expect(await gateway.ask("/set/foo/bar")).toMatchObject(result("OK"));
    expect(await gateway.ask("/GeT/foo")).toMatchObject(result("bar"));
    expect(await gateway.ask("/get/foo", { method: "POST" })).toMatchObject(result("bar"));
    expect(await gateway.ask("/get/foo", { method: "PUT" })).toMatchObject(result("bar"));
    expect(await gateway.ask("/get/none")).toMatchObject(result(null));
  });

  test("HEAD runs the command and answers without a body", async () => {
    const answer = await gateway.ask("/incr/visits", { method: "HEAD" });
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers.get("content-length")).toBe('{"result":1}'.length.toString());
    expect(await redis.call("GET", "visits")).toBe("1");
  });

  test.for([
    ["/set/a%2Fb/v", "a/b", "v"],
    ["/set/k/", "k", ""],
    ["/set/k/a+b", "k", "a+b"],
    ["/set/k/%zz", "k", "%zz"],
    ["/set/%20k%20/%20v%20", " k ", " v "],
    ["/set/k/%E2%82%AC", "k", "€"],
    ["/set/.../v", "...", "v"],
    ["/set/k/v;x=y", "k", "v;x=y"],
  ] as const)("%s", async ([path, key, value]) => {
    expect(await gateway.ask(path)).toMatchObject(result("OK"));
    expect(await redis.call("GET", key)).toBe(value);
  });

  test("the body is the last argument, bytes included", async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 13, 10, 34]);
    expect(await post("/set/foo", bytes)).toMatchObject(result("OK"));
    expect(await gateway.ask("/get/foo", { headers: { "upstash-encoding": "base64" } })).toMatchObject(
      result(bytes.toString("base64")),
    );
    expect(await gateway.ask("/strlen/foo")).toMatchObject(result(6));
  });

  test("the query comes after the body, and the token is no argument", async () => {
    const { json } = await gateway.ask("/set/foo?EX=100&_token=full-token-for-tests&GET", {
      method: "POST",
      body: "value",
      token: null,
    });
    expect(json).toEqual({ result: null });
    expect(await redis.call("GET", "foo")).toBe("value");
    expect(await redis.call("TTL", "foo")).toBe(100);
  });

  test.for([
    ["application/x-www-form-urlencoded"],
    ["application/json; charset=utf-8"],
    ["text/plain"],
    ["a broken / content type"],
    ["multipart/form-data"],
  ])("content type %s does not matter", async ([type]) => {
    expect(await post("/", '["SET","foo","bar"]', { "content-type": type! })).toMatchObject(result("OK"));
    expect(await post("/append/foo", "%20=&x", { "content-type": type! })).toMatchObject(result(9));
  });
});

describe("the body form", () => {
  test("one command; numbers keep their text, blanks stay where they are", async () => {
    expect(await post("/", '["SET","n",100]')).toMatchObject(result("OK"));
    expect(await redis.call("GET", "n")).toBe("100");
    await post("/", '["SET","n",1000000]');
    expect(await redis.call("GET", "n")).toBe("1000000");
    await post("/", '["SET","n",1.50]');
    expect(await redis.call("GET", "n")).toBe("1.50");
    await post("/", '["RPUSH"," l ","  a","b  ","  c  ","\\n d"]');
    expect(await redis.call("LRANGE", " l ", "0", "-1")).toEqual(["  a", "b  ", "  c  ", "\n d"]);
  });

  test("integers beyond 2^53 keep their digits both ways", async () => {
    expect((await post("/", '["INCRBY","big",9007199254740993]')).text).toBe('{"result":9007199254740993}');
    expect((await post("/", '["INCRBY","big",9214364837600034814]')).text).toBe(
      '{"result":9223372036854775807}',
    );
    expect((await post("/pipeline", '[["DECRBY","big",1],["GET","big"]]')).text).toBe(
      '[{"result":9223372036854775806},{"result":"9223372036854775806"}]',
    );
  });

  test("nested replies keep their shape", async () => {
    await post("/pipeline", '[["ZADD","z",1,"a",2.5,"b"],["XADD","s","1-1","f","v"],["HSET","h","f","v"]]');
    expect(await post("/", '["XRANGE","s","-","+"]')).toMatchObject(result([["1-1", ["f", "v"]]]));
    expect(await post("/", '["ZRANGE","z",0,-1,"WITHSCORES"]')).toMatchObject(result(["a", "1", "b", "2.5"]));
    expect(await post("/", '["HGETALL","h"]')).toMatchObject(result(["f", "v"]));
    expect(await post("/", '["EXISTS","z"]')).toMatchObject(result(1));
  });

  test("PUT is POST; GET has no command", async () => {
    expect(await gateway.ask("/", { method: "PUT", body: '["PING"]' })).toMatchObject(result("PONG"));
    expect(await gateway.ask("/")).toMatchObject({ status: 400, json: { error: "ERR empty command" } });
  });
});

describe("/pipeline", () => {
  test("answers each slot, in order", async () => {
    const { status, json } = await post(
      "/pipeline",
      '[["SET","k","v"],["LPUSH","k","x"],["GET","k"],[],["NOPE"],["MULTI"],["GET"],["CLIENT","SETINFO","LIB-NAME","x"],["INCR","n"]]',
    );
    expect(status).toBe(200);
    expect(json).toMatchObject([
      { result: "OK" },
      { error: "WRONGTYPE Operation against a key holding the wrong kind of value" },
      { result: "v" },
      { error: "ERR empty pipeline command", code: "FLEET_GATEWAY_MALFORMED" },
      { error: expect.stringMatching(/^ERR Command is not available: 'NOPE'/) },
      {
        error:
          'ERR Command "MULTI" is not allowed in REST or it has a special context path (transaction): POST commands that belong together to /multi-exec',
      },
      { error: "ERR wrong number of arguments for 'get' command" },
      { result: "OK" },
      { result: 1 },
    ]);
  });

  test("what a client had no value for is refused in its slot; the others run", async () => {
    const slots = '[["SET","good","1"],["ZADD","z",null,"m"],["SET","k",null],["GET",{}],["INCR","good"]]';
    const none = { error: "ERR null args are not supported" };
    expect(await post("/pipeline", slots)).toMatchObject({
      status: 200,
      json: [
        { result: "OK" },
        none,
        none,
        { error: expect.stringMatching(/^ERR failed to parse command/) },
        { result: 2 },
      ],
    });
    expect(await post("/", '["SET","k",null]')).toMatchObject({ status: 400, json: none });
    expect(await post("/multi-exec", '[["INCR","good"],["SET","k",null]]')).toMatchObject({
      status: 400,
      json: none,
    });
    expect(await redis.call("GET", "good")).toBe("2");
  });

  test("answers slots that no server is asked for", async () => {
    expect((await post("/pipeline", '[["CLIENT","setinfo","LIB-VER","1"],[]]')).json).toMatchObject([
      { result: "OK" },
      { error: "ERR empty pipeline command" },
    ]);
  });
});

describe("/multi-exec", () => {
  test("is one transaction; an error at run time is its slot's", async () => {
    const { status, json } = await post("/multi-exec", '[["SET","k","v"],["LPUSH","k","x"],["GET","k"]]');
    expect(status).toBe(200);
    expect(json).toEqual([
      { result: "OK" },
      { error: "WRONGTYPE Operation against a key holding the wrong kind of value" },
      { result: "v" },
    ]);
  });

  test.for([
    ['[["SET","k","v"],["NOPE"]]', /^ERR Command is not available: 'NOPE'/],
    ['[["SET","k","v"],["GET"]]', /^ERR wrong number of arguments/],
    ['[["SET","k","v"],["EXEC"]]', /^ERR Command "EXEC" is not allowed in REST/],
    ['[["SET","k","v"],["MULTI"]]', /^ERR Command "MULTI" is not allowed in REST/],
    ['[["SET","k","v"],["WATCH","k"]]', /^ERR Command "WATCH" is not allowed in REST/],
    ['[["SET","k","v"],[]]', /^ERR empty pipeline command/],
  ] as const)("%s is discarded as a whole", async ([body, error]) => {
    expect(await post("/multi-exec", body)).toMatchObject({
      status: 400,
      json: { error: expect.stringMatching(error) },
    });
    expect(await redis.call("EXISTS", "k")).toBe(0);
  });

  test("what the server discards is one error", async () => {
    await redis.call("CONFIG", "SET", "maxmemory", "1");
    try {
      const answer = await post("/multi-exec", '[["SET","k","v"],["GET","k"]]');
      expect(answer).toMatchObject({
        status: 507,
        json: { error: expect.stringMatching(/^EXECABORT .*\(OOM /) },
      });
      expect(answer.headers.get("retry-after")).toBe("1");
    } finally {
      await redis.call("CONFIG", "SET", "maxmemory", "0");
    }
  });
});

describe("base64", () => {
  const base64 = { "upstash-encoding": "base64" };

  test("encodes everything but an OK at the top, and no error", async () => {
    expect(await post("/", '["SET","k","OK"]', base64)).toMatchObject(result("OK"));
    expect(await post("/", '["RPUSH","l","OK","é"]', base64)).toMatchObject(result(2));
    expect(await post("/", '["LRANGE","l",0,-1]', base64)).toMatchObject(result(["T0s=", "w6k="]));
    expect(await post("/", '["INCR","l"]', base64)).toMatchObject({
      status: 400,
      json: { error: "WRONGTYPE Operation against a key holding the wrong kind of value" },
    });
    for (const path of ["/pipeline", "/multi-exec"])
      expect(
        (await post(path, '[["SET","k","x"],["GET","k"],["MGET","k","none"],["INCR","l"]]', base64)).json,
      ).toEqual([
        { result: "OK" },
        { result: "eA==" },
        { result: ["eA==", null] },
        { error: "WRONGTYPE Operation against a key holding the wrong kind of value" },
      ]);
  });

  test("bytes that are no text are lossy without it, and never a fault", async () => {
    await post("/set/bytes", Buffer.from([0xff, 0xfe]));
    expect(await gateway.ask("/get/bytes")).toMatchObject(result("\ufffd\ufffd"));
  });

  test.for([[{ "upstash-encoding": "gzip" }], [{ "upstash-response-format": "xml" }]] as const)(
    "other forms of answer are refused: %j",
    async ([headers]) => {
      for (const path of ["/", "/pipeline", "/multi-exec"])
        expect(await post(path, '["PING"]', headers)).toMatchObject({
          status: 400,
          json: {
            error: expect.stringMatching(/^ERR the .* is not available here/),
            code: "FLEET_GATEWAY_MALFORMED",
          },
        });
      expect(await post("/", '["PING"]', { "upstash-response-format": "json" })).toMatchObject(
        result("PONG"),
      );
    },
  );
});

describe("targets", () => {
  test("an instance or a group by its URL, with all four forms", async () => {
    for (const name of ["orders", "shop"]) {
      expect(await gateway.ask(`/redis/${name}/set/k/v`)).toMatchObject(result("OK"));
      expect(await post(`/redis/${name}`, '["GET","k"]')).toMatchObject(result("v"));
      expect(await post(`/redis/${name}/`, '["GET","k"]')).toMatchObject(result("v"));
      expect((await post(`/redis/${name}/pipeline`, '[["GET","k"]]')).json).toEqual([{ result: "v" }]);
      expect((await post(`/redis/${name}/multi-exec`, '[["GET","k"]]')).json).toEqual([{ result: "v" }]);
    }
  });

  test.for(["/redis/nobody/get/k", "/redis//get/k", "/redis/__proto__/get/k", "/redis/%00/get/k", "/redis/"])(
    "%s is nobody: 404",
    async (path) => {
      const answer = path.endsWith("k") ? await gateway.ask(path) : await post(path, '["PING"]');
      expect(answer).toMatchObject({
        status: 404,
        json: { error: "ERR no such instance or group", code: "FLEET_ROUTER_UNKNOWN_TARGET" },
      });
    },
  );

  test("a token without a default asks by name", async () => {
    expect(await gateway.ask("/get/k", { token: "lost" })).toMatchObject({
      status: 400,
      json: { code: "FLEET_GATEWAY_NO_DEFAULT_TARGET" },
    });
    expect(await gateway.ask("/redis/orders/get/k", { token: "lost" })).toMatchObject(result(null));
  });

  test("a token asks where it may, and learns nothing about elsewhere", async () => {
    for (const path of ["/redis/orders/get/k", "/redis/nobody/get/k"])
      expect(await gateway.ask(path, { token: "aside" })).toMatchObject({
        status: 403,
        json: { error: expect.stringMatching(/^NOPERM/), code: "FLEET_GATEWAY_NOT_PERMITTED" },
      });
  });

  test("a project sees its own keys only", async () => {
    await gateway.ask("/set/k/of-shop", { token: "shop" });
    await gateway.ask("/set/k/of-bar", { token: "bar" });
    expect(await gateway.ask("/get/k", { token: "shop" })).toMatchObject(result("of-shop"));
    expect(await redis.call("KEYS", "*")).toEqual(expect.arrayContaining(["proj:shop:k", "proj:bar:k"]));
    expect(await gateway.ask("/keys/*", { token: "shop" })).toMatchObject(result(["k"]));
    expect(await gateway.ask("/keys/*")).toMatchObject({ status: 200 });
  });
});

describe("what is no request gets an error in words", () => {
  test.for([
    ["/", "", 400, "ERR failed to parse command"],
    ["/", "nonsense", 400, "ERR failed to parse command"],
    ["/", "{}", 400, "ERR failed to parse command"],
    ["/", "[]", 400, "ERR empty command"],
    ["/", '[""]', 400, "ERR"],
    ["/", '["GET ","k"]', 400, "ERR"],
    ["/", '["\\u0000"]', 400, "ERR"],
    ["/", "[[[[", 400, "ERR failed to parse command"],
    ["/", Buffer.from([0xff, 0xfe, 0x00]), 400, "ERR failed to parse command"],
    ["/pipeline", "", 400, "ERR failed to parse pipeline request"],
    ["/pipeline", "[]", 400, "ERR empty pipeline request"],
    ["/pipeline", '["GET","k"]', 400, "ERR failed to parse pipeline request"],
    ["/pipeline", "nonsense", 400, "ERR failed to parse pipeline request"],
    [
      "/pipeline",
      `[${Array.from({ length: 101 }, () => '["PING"]').join(",")}]`,
      400,
      "ERR max pipeline length exceeded",
    ],
    ["/multi-exec", "[]", 400, "ERR empty pipeline request"],
    ["/multi-exec", "nonsense", 400, "ERR failed to parse pipeline request"],
    ["/", `["SET","k","${"x".repeat(1024 * 1024)}"]`, 413, "ERR max request size exceeded"],
    ["/set/k", "x".repeat(1024 * 1024 + 1), 413, "ERR max request size exceeded"],
    ["/pipeline", "x".repeat(12_000_000), 413, "ERR max request size exceeded"],
    ["//get/k", undefined, 400, "ERR empty command"],
    ["/nope/k", undefined, 400, "ERR Command is not available: 'NOPE'"],
    ["/subscribe/ch", "[]", 400, 'ERR Command "SUBSCRIBE" is not allowed in REST'],
    ["/monitor", undefined, 400, "ERR"],
    ["/5/get/k", undefined, 400, "ERR Command is not available: '5'"],
  ] as const)("POST %s %.20s", async ([path, body, status, error]) => {
    for (const headers of [{}, { "upstash-encoding": "base64" }]) {
      const answer = await post(path, body, headers);
      expect(answer.status).toBe(status);
      expect((answer.json as { error: string }).error).toContain(error);
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
  });

  test("a body of unknown length is cut at the limit too", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(120);
    let left = 64;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- === 0) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const answer = await gateway.ask("/set/k", { method: "POST", body, duplex: "half" });
    expect(answer).toMatchObject({ status: 413, json: { code: "FLEET_GATEWAY_TOO_LARGE" } });
    expect(await redis.call("EXISTS", "k")).toBe(0);
  });

  test.for(["DELETE", "PATCH", "OPTIONS", "PROPFIND", "QUERY"])("%s is 405", async (method) => {
    for (const path of ["/", "/get/k", "/redis/orders/get/k"]) {
      const answer = await gateway.ask(path, { method });
      expect(answer).toMatchObject({ status: 405, json: { code: "FLEET_GATEWAY_METHOD_NOT_ALLOWED" } });
      expect(answer.headers.get("allow")).toBe("GET, HEAD, POST, PUT");
    }
  });

  test("batches are posted", async () => {
    for (const path of ["/pipeline", "/multi-exec", "/redis/orders/pipeline"]) {
      const answer = await gateway.ask(path);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("POST, PUT");
    }
  });
});

test("the server's out of memory is told in its words", async () => {
  await redis.call("CONFIG", "SET", "maxmemory", "1");
  try {
    expect(await gateway.ask("/set/k/v")).toMatchObject({
      status: 507,
      json: { error: expect.stringMatching(/^OOM/) },
    });
  } finally {
    await redis.call("CONFIG", "SET", "maxmemory", "0");
  }
});
