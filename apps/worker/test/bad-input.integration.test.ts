import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startRedis, type RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { json, startHub, type TestHub } from "./start-hub.ts";
import { run } from "./worker-process.ts";

let redis: RedisServer;
let hub: TestHub;
let folder: string;
beforeAll(async () => {
  [redis, hub, folder] = await Promise.all([
    startRedis(),
    startHub(),
    mkdtemp(join(tmpdir(), "fleet-worker-bad-")),
  ]);
});
afterAll(async () => {
  await Promise.all([redis.close(), hub[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true });
});

const usual = (): Record<string, string> => ({
  FLEET_WORKER_REDIS_URL: `redis://${redis.host}:${redis.port}`,
  FLEET_WORKER_HUB_URL: hub.url,
  FLEET_WORKER_SINK: `ndjson:${join(folder, "records.ndjson")}`,
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("what cannot be done is told with a code before any work is claimed", () => {
  test.for<[string, readonly string[], Record<string, string>, number, RegExp]>([
    [
      "a backwards range",
      ["--range", "10..1"],
      {},
      2,
      /FLEET_WORKER_CONFIGURATION\nconfig: range: .*"10\.\.1"/,
    ],
    ["ids that are no numbers", ["--ids", "1,two"], {}, 2, /CONFIGURATION\nconfig: ids: .*got "two"/],
    ["an empty list of ids", [], { FLEET_WORKER_IDS: "[]" }, 2, /config: ids: expected at least one id/],
    ["no source for a run that is not there", [], {}, 1, /FLEET_BACKFILL_NOT_FOUND/],
    [
      "nothing to fetch with",
      ["--range", "1..2"],
      { FLEET_WORKER_HUB_URL: "" },
      2,
      /config: hubUrl: there is nothing to fetch with/,
    ],
    [
      "a hub whose name nobody knows",
      ["--range", "1..2"],
      { FLEET_WORKER_HUB_URL: "http://hub.invalid/{id}" },
      1,
      /FLEET_WORKER_HUB_UN(?:KNOWN|REACHABLE)/,
    ],
    [
      "a job that is not there",
      ["--range", "1..2", "--job", "none.ts"],
      {},
      2,
      /FLEET_WORKER_JOB job: there is no file/,
    ],
    [
      "a Redis that is not there",
      ["--range", "1..2", "--redis-timeout-ms", "300"],
      { FLEET_WORKER_REDIS_URL: "redis://127.0.0.1:1" },
      1,
      /FLEET_BACKFILL_REDIS_UNREACHABLE/,
    ],
    [
      "a sink that is not there",
      ["--range", "1..2"],
      { FLEET_WORKER_SINK: "postgres://u:hunter2@127.0.0.1:1/db" },
      1,
      /FLEET_WORKER_SINK_UNREACHABLE/,
    ],
    [
      "a name that Redis keys cannot have",
      ["--range", "1..2", "--name", "a b"],
      {},
      2,
      /FLEET_BACKFILL_INVALID_OPTION name/,
    ],
    [
      "a range of more ids than there are bits",
      ["--range", "0..9999999999"],
      {},
      2,
      /CONFIGURATION\nconfig: range: expected at most 4294967296 ids, got "0\.\.9999999999" \(flag --range\)/,
    ],
    [
      "a port that fetch calls nowhere",
      ["--range", "1..2"],
      { FLEET_WORKER_HUB_URL: "http://127.0.0.1:1/{id}" },
      1,
      /FLEET_WORKER_HUB_PORT .*port 1 /,
    ],
    [
      "a variable that is none",
      ["--range", "1..2"],
      { FLEET_WORKER_BUFER: "5" },
      2,
      /config: FLEET_WORKER_BUFER: is not a known variable; did you mean FLEET_WORKER_BUFFER\?/,
    ],
    [
      "a file where none can be",
      ["--range", "1..2"],
      { FLEET_WORKER_SINK: "ndjson:/dev/null/records" },
      1,
      /FLEET_WORKER_SINK_REFUSED \/dev\/null\/records cannot be opened: E[A-Z]+\n/,
    ],
    [
      "a lock that cannot be made",
      ["--range", "1..2"],
      { FLEET_WORKER_SINK: "ndjson:/proc/records" },
      1,
      /FLEET_WORKER_SINK_REFUSED \/proc\/records cannot be opened: /,
    ],
    [
      "a folder where none can be",
      ["--range", "1..2"],
      { FLEET_WORKER_SINK: "pglite:/dev/null/data" },
      1,
      /FLEET_WORKER_SINK_REFUSED \/dev\/null\/data cannot be opened: E[A-Z]+\n/,
    ],
    ["a crash limit of one", ["--range", "1..2", "--crash-limit", "1"], {}, 2, /config: crashLimit: .*got 1/],
  ])("%s", async ([, args, environment, code, message]) => {
    await redis.call("FLUSHALL");
    const asked = hub.asked.length;
    const ended = await run(["start", ...args], { ...usual(), ...environment });
    expect(ended).toMatchObject({ code, out: "", error: expect.stringMatching(message) as string });
    expect(ended.error).not.toContain("hunter2");
    expect(ended.error).not.toMatch(/\n\s+at /);
    expect(await redis.call("DBSIZE")).toBe(0);
    expect(hub.asked.length - asked).toBeLessThanOrEqual(1);
  });

  test("a hub whose every id is a page of HTML with 404, as at a wrong path; unless it really has none", async () => {
    await redis.call("FLUSHALL");
    await using lost = await startHub(
      (_id, _request, response) => void response.writeHead(404, { "content-type": "text/html" }).end("<p>no"),
    );
    const environment = { ...usual(), FLEET_WORKER_HUB_URL: lost.url };
    for (const args of [
      ["--range", "1..100"],
      ["--range", "1..100", "--dry-run"],
      ["--ids", "1,26,51,75,100"],
    ])
      expect(await run(["start", ...args], environment)).toMatchObject({
        code: 1,
        error: expect.stringMatching(/FLEET_WORKER_HUB_PATH .*\(1, 26, 51, 75, 100\)/) as string,
      });
    expect(await redis.call("DBSIZE")).toBe(0);
    const args = ["start", "--range", "1..3", "--no-hub-probe", "--requests-per-second", "unlimited"];
    expect(await run(args, environment)).toMatchObject({ code: 0 });
    // One that has some ids, and a page for the others, is well.
    lost.answer = (id, _request, response) =>
      id === "51"
        ? json(response, 200, { id })
        : void response.writeHead(404, { "content-type": "text/html" }).end("<p>no");
    const some = ["start", "--name", "some", "--range", "1..100", "--requests-per-second", "unlimited"];
    expect(await run(some, environment)).toMatchObject({ code: 0 });
  }, 90_000);

  test("a dry run refuses the range that a start refuses", async () => {
    expect(await run(["start", "--dry-run", "--range", "1..99999999999"], usual())).toMatchObject({
      code: 2,
      out: "",
      error: expect.stringMatching(/config: range: expected at most 4294967296 ids/) as string,
    });
  });

  test("a hub that answers HTML, or refuses the token", async () => {
    await redis.call("FLUSHALL");
    await using strange = await startHub(
      (_id, _request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>hi"),
    );
    const args = ["start", "--range", "1..100"];
    expect(await run(args, { ...usual(), FLEET_WORKER_HUB_URL: strange.url })).toMatchObject({
      code: 1,
      error: expect.stringMatching(/FLEET_WORKER_HUB_NOT_JSON .*text\/html/) as string,
    });
    strange.answer = (_id, _request, response) => json(response, 401, {});
    expect(await run(args, { ...usual(), FLEET_WORKER_HUB_URL: strange.url })).toMatchObject({
      code: 1,
      error: "fleet-worker: FLEET_WORKER_HUB_REFUSED the hub answered 401\n",
    });
    expect(strange.asked).toEqual(["1", "1"]);
    expect(await redis.call("DBSIZE")).toBe(0);
  });

  test("a job module that throws when it is imported", async () => {
    await redis.call("FLUSHALL");
    const job = await file("throws.ts", "const url: string = undefined!; new URL(url);");
    const ended = await run(["start", "--range", "1..2", "--job", job], usual());
    expect(ended).toMatchObject({
      code: 2,
      error: expect.stringMatching(/FLEET_WORKER_JOB .*Invalid URL/) as string,
    });
    expect(await redis.call("DBSIZE")).toBe(0);
  });

  test("a file that is something else, and it stays as it is", async () => {
    const sink = `ndjson:${await file("notes.txt", "my notes\n")}`;
    expect(await run(["start", "--range", "1..2", "--sink", sink], usual())).toMatchObject({
      code: 1,
      error: expect.stringContaining("FLEET_WORKER_SINK_DIFFERS") as string,
    });
  });

  test("a port that is taken", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    const args = ["start", "--name", "port", "--range", "1..2", "--listen-port", String(port)];
    expect(await run(args, usual())).toMatchObject({
      code: 1,
      error: expect.stringContaining("EADDRINUSE") as string,
    });
    squatter.close();
  });
});

describe("another run of the same name", () => {
  test("with another range is refused, and the first stays as it is", async () => {
    await redis.call("FLUSHALL");
    const sink = { FLEET_WORKER_SINK: `ndjson:${join(folder, "mismatch.ndjson")}` };
    expect((await run(["start", "--range", "1..20"], { ...usual(), ...sink })).code).toBe(0);
    const other = await run(["start", "--range", "1..21"], { ...usual(), ...sink });
    expect(other).toMatchObject({
      code: 2,
      error: expect.stringMatching(/FLEET_BACKFILL_MISMATCH .*1\.\.20.*1\.\.21/) as string,
    });
    expect((await run(["verify"], { ...usual(), ...sink })).code).toBe(0);
  });
});

describe("a run of another protocol", () => {
  test.for<[string, readonly string[]]>([
    ["start", ["start", "--range", "1..20"]],
    ["start by name", ["start"]],
    ["a dry run", ["start", "--range", "1..20", "--dry-run"]],
    ["status", ["status"]],
    ["status as JSON", ["status", "--json"]],
    ["the dead letters", ["inspect"]],
    ["an id", ["inspect", "7"]],
    ["pause", ["pause"]],
    ["retry", ["retry"]],
    ["purge of dead letters", ["purge", "--dead"]],
    ["purge of the run", ["purge", "--run"]],
  ])("%s: refused with both versions and what to do, and nothing is changed", async ([, args]) => {
    await redis.call("FLUSHALL");
    // As far as a question can get at a run that was begun before runs had a protocol.
    await redis.call("SET", "bf:{backfill}:source", '{"kind":"range"}');
    const facts = '{"kind":"range","from":1,"to":20,"chunkSize":50}';
    const meta = { epoch: "e", state: "running", total: "1", created: "1", facts };
    await redis.call("HSET", "bf:{backfill}:meta", ...Object.entries(meta).flat());
    await redis.call("HSET", "bf:{backfill}:dead", "0:6", '1 {"item":{"id":"7"},"reason":"permanent"}');
    const everything = (): Promise<unknown> =>
      Promise.all(["meta", "dead"].map((key) => redis.call("HGETALL", `bf:{backfill}:${key}`)));
    const before = await everything();
    const environment = { ...usual(), FLEET_WORKER_SINK: `ndjson:${join(folder, "protocol.ndjson")}` };
    expect(await run(args, environment)).toMatchObject({
      code: 2,
      error: expect.stringMatching(
        /FLEET_BACKFILL_PROTOCOL_MISMATCH run "backfill" has protocol 1, .* has protocol 2: finish or purge/,
      ) as string,
    });
    expect(await everything()).toEqual(before);
    expect(((await redis.call("KEYS", "*")) as string[]).toSorted()).toEqual([
      "bf:{backfill}:dead",
      "bf:{backfill}:meta",
      "bf:{backfill}:source",
    ]);
  });
});

describe("a Redis that may lose the run", () => {
  test("is refused when it evicts, unless it is allowed", async () => {
    await using evicting = await startRedis({ config: { "maxmemory-policy": "allkeys-lru" } });
    const environment = {
      ...usual(),
      FLEET_WORKER_REDIS_URL: `redis://${evicting.host}:${evicting.port}`,
      FLEET_WORKER_SINK: `ndjson:${join(folder, "evicting.ndjson")}`,
    };
    const args = ["start", "--range", "1..2"];
    expect(await run(args, environment)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/FLEET_BACKFILL_EVICTION maxmemory-policy is allkeys-lru/) as string,
    });
    expect(await evicting.call("DBSIZE")).toBe(0);
    expect(await run([...args, "--allow-eviction"], environment)).toMatchObject({
      code: 0,
      error: expect.stringContaining("maxmemory-policy is allkeys-lru") as string,
    });
  });

  test("is warned of when it keeps nothing on disk", async () => {
    await redis.call("FLUSHALL");
    const sink = { FLEET_WORKER_SINK: `ndjson:${join(folder, "memory.ndjson")}` };
    const ended = await run(["start", "--range", "1..2"], { ...usual(), ...sink });
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.error.split("\n")[0]!)).toMatchObject({
      level: 40,
      warning: "no-persistence",
      msg: expect.stringContaining("appendonly is off") as string,
    });
  });
});
