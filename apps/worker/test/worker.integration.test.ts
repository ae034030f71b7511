import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Status, Verification } from "@fleet/backfill";
import { eventually, type RedisServer, startCluster, startRedis } from "@fleet/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { json, record, startHub, type TestHub } from "./start-hub.ts";
import { type Ended, run, WorkerProcess } from "./worker-process.ts";

// Several processes each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let redis: RedisServer;
let folder: string;
beforeAll(async () => {
  [redis, folder] = await Promise.all([
    startRedis({ config: { appendonly: "yes" } }),
    mkdtemp(join(tmpdir(), "fleet-worker-")),
  ]);
});
afterAll(async () => {
  await redis.close();
  await rm(folder, { recursive: true });
});

let hub: TestHub;
let environment: Record<string, string>;
beforeEach(async () => {
  hub = await startHub();
  environment = {
    FLEET_WORKER_NAME: crypto.randomUUID(),
    FLEET_WORKER_REDIS_URL: `redis://${redis.host}:${redis.port}`,
    FLEET_WORKER_HUB_URL: hub.url,
    FLEET_WORKER_SINK: `ndjson:${join(folder, `${crypto.randomUUID()}.ndjson`)}`,
    FLEET_WORKER_REQUESTS_PER_SECOND: "unlimited",
    FLEET_WORKER_CHUNK_SIZE: "10",
    FLEET_WORKER_RETRY_MIN_DELAY_MS: "10",
    FLEET_WORKER_PROGRESS_MS: "100",
    FLEET_WORKER_LEASE_MS: "2000",
  };
});
afterEach(() => hub[Symbol.asyncDispose]());

const fleet = (...args: string[]): Promise<Ended> => run(args, environment);
const status = async (): Promise<Status> => JSON.parse((await fleet("status", "--json")).out) as Status;
const verification = async (): Promise<Verification> =>
  JSON.parse((await fleet("verify", "--json")).out) as Verification;
const worker = (...args: string[]): WorkerProcess =>
  new WorkerProcess(["start", "--json", "--log-level", "info", ...args], environment);

/** Keeps every answer of the hub but that to the look before the start, until it is let go. */
function holdHub(): () => void {
  const waiting: (() => void)[] = [];
  hub.answer = (...call) => (call[0] === "1" ? record(...call) : void waiting.push(() => record(...call)));
  return () => {
    hub.answer = record;
    for (const go of waiting.splice(0)) go();
  };
}

/** Until the process has something in hand. */
const busy = (process: WorkerProcess): Promise<unknown> =>
  eventually(
    () => {
      const held = (process.last?.["worker"] as { readonly held?: number } | undefined)?.held;
      if (held === undefined || held === 0) throw new Error(`nothing in hand: ${process.out}`);
    },
    { timeoutMs: 15_000 },
  );

describe("a run", () => {
  test("goes from a range to the embedded Postgres, which needs nothing but a folder", async () => {
    environment["FLEET_WORKER_SINK"] = "";
    const cwd = await mkdtemp(join(folder, "here-"));
    const ended = await run(["start", "--range", "1..200"], environment, cwd);
    expect(ended).toMatchObject({ code: 0, error: "" });
    expect(ended.out).toMatch(/\ncomplete: 200 ids, 200 by this worker in .*\n$|^complete: 200 ids/);
    expect(new Set(hub.asked)).toEqual(new Set(Array.from({ length: 200 }, (_, index) => String(index + 1))));
    expect(await run(["verify"], environment, cwd)).toMatchObject({
      code: 0,
      out: "run   200 of 200 ids done: 0 with nothing to write, 0 dead\nsink  200 ids\nclean\n",
    });
  });

  test("takes the names that the original had", async () => {
    environment = { ...environment, FIDS: "3,5", CONCURRENCY: "2" };
    const { code, out } = await fleet("start", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out.trimEnd().split("\n").at(-1)!)).toMatchObject({
      event: "end",
      outcome: "complete",
      run: { ids: { total: 2, done: 2 } },
      worker: { hub: { limit: 2 }, database: { limit: 8 }, done: 2 },
    });
    expect(hub.asked.toSorted()).toEqual(["3", "3", "5"]);
  });

  test("that is complete with dead letters ends with 3, tells of them, and has them tried again", async () => {
    hub.answer = (id, request, response) =>
      id === "7" ? json(response, 422, {}) : record(id, request, response);
    expect(await fleet("start", "--range", "1..20")).toMatchObject({
      code: 3,
      out: expect.stringMatching(/1 dead, see fleet-worker inspect\n$/) as string,
    });
    expect((await fleet("inspect")).out).toMatch(
      /^7  permanent  \S+Z  FLEET_BACKFILL_PERMANENT the hub answered 422\n$/,
    );
    expect((await fleet("inspect", "7")).out).toMatch(/^7 is dead: permanent/);
    expect((await fleet("inspect", "8")).out).toBe("8 is done\n");
    expect((await fleet("inspect", "21")).out).toBe("21 is unknown\n");
    expect(await verification()).toMatchObject({ clean: true, dead: 1, done: 20, seen: 19 });
    hub.answer = record;
    expect((await fleet("retry", "99")).out).toBe("0 dead letters have a new start\n");
    expect((await fleet("retry", "7")).out).toBe("1 dead letters have a new start\n");
    expect((await fleet("start")).code).toBe(0);
    expect((await fleet("inspect")).out).toBe("no dead letters\n");
    expect(await verification()).toMatchObject({ clean: true, dead: 0, seen: 20 });
  });

  test("forgets dead letters, and itself, when it is told to", async () => {
    hub.answer = (_id, _request, response) => json(response, 422, {});
    expect((await fleet("start", "--range", "1..3")).code).toBe(3);
    expect((await fleet("purge", "--dead", "2", "3")).out).toBe("2 dead letters are forgotten\n");
    expect(JSON.parse((await fleet("inspect", "--json")).out)).toMatchObject({
      id: "1",
      reason: "permanent",
    });
    expect((await fleet("purge", "--run")).code).toBe(0);
    expect(await fleet("status")).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringContaining("FLEET_BACKFILL_NOT_FOUND") as string,
    });
    expect(await redis.call("KEYS", `*${environment["FLEET_WORKER_NAME"]}*`)).toEqual([]);
  });

  test("whose sink lost a record is not clean: 3, with the ids", async () => {
    expect((await fleet("start", "--range", "1..12")).code).toBe(0);
    const path = environment["FLEET_WORKER_SINK"]!.slice("ndjson:".length);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    const lost = JSON.parse(lines[4]!) as { readonly id: string };
    await writeFile(path, [...lines.toSpliced(4, 1), '{"id":"99","token":1,"value":0}', ""].join("\n"));
    expect(await fleet("verify")).toMatchObject({
      code: 3,
      out: expect.stringMatching(
        new RegExp(`missing  1: ${lost.id}\nunexpected  1: 99\nnot clean\n$`),
      ) as string,
    });
  });

  test("is shown before it is begun, and nothing is created", async () => {
    const ended = await fleet("start", "--range", "1..1000", "--dry-run", "--requests-per-second", "10");
    expect(ended).toMatchObject({ code: 0, error: "" });
    expect(ended.out).toMatch(/^sink: ndjson:.*, which would be created\n/);
    expect(ended.out).toContain("would be created: 1000 ids in 100 chunks, 1m40s at least\n");
    expect(ended.out).toMatch(/\nfetch 1: \d+ characters of JSON in .*\nfetch 2: .*\nfetch 3: /);
    expect(hub.asked).toEqual(["1", "2", "3"]);
    expect(await redis.call("KEYS", `*${environment["FLEET_WORKER_NAME"]}*`)).toEqual([]);
    expect((await fleet("status")).code).toBe(1);
    await expect(readFile(environment["FLEET_WORKER_SINK"]!.slice(7))).rejects.toThrow("ENOENT");
  });

  test("of a stream and of a list goes on until it is told to end, or ends when nothing is left", async () => {
    const stream = crypto.randomUUID();
    await redis.call("XADD", stream, "5-1", "fid", "1");
    await redis.call("XADD", stream, "5-2", "fid", "2");
    expect((await fleet("start", "--stream", stream, "--exit-on-complete")).code).toBe(0);
    expect(hub.asked.toSorted()).toEqual(["5-1", "5-2"]);
    expect(await status()).toMatchObject({ state: "drained", source: { kind: "stream", group: "fleet" } });
    expect(await fleet("verify")).toMatchObject({
      code: 1,
      error: expect.stringContaining("UNSUPPORTED") as string,
    });

    environment["FLEET_WORKER_NAME"] = crypto.randomUUID();
    const list = crypto.randomUUID();
    await redis.call("LPUSH", list, "a", "b");
    await using process = worker("--list", list);
    await eventually(() => expect(hub.asked).toContain("b"), { timeoutMs: 15_000 });
    await redis.call("LPUSH", list, "c");
    await eventually(() => expect(hub.asked).toContain("c"), { timeoutMs: 15_000 });
    process.child.kill("SIGTERM");
    expect((await process.ended).code).toBe(0);
  });

  test("lives on a Redis Cluster too", async () => {
    await using cluster = await startCluster({ nodes: 3 });
    const [node] = cluster.nodes;
    environment["FLEET_WORKER_REDIS_URL"] = `redis://${node!.host}:${node!.port}`;
    environment["FLEET_WORKER_REDIS_CLUSTER"] = "true";
    expect((await fleet("start", "--range", "1..50")).code).toBe(0);
    expect(await verification()).toMatchObject({ clean: true, seen: 50 });
  });
});

describe("a job of the user's own", () => {
  test("fetches and writes, in TypeScript, and is closed in the end", async () => {
    const job = join(folder, `${crypto.randomUUID()}.ts`);
    const out = join(folder, crypto.randomUUID());
    await writeFile(
      job,
      `import { appendFileSync, existsSync, readFileSync } from "node:fs";
       interface Cast { readonly text: string }
       export const fetch = async (id: string, { attempt, token, signal }: { attempt: number; token: number; signal: AbortSignal }): Promise<Cast | undefined> => {
         signal.throwIfAborted();
         if (id === "4") return undefined;
         if (id === "5" && attempt === 1) throw new Error("not yet");
         return { text: id + ":" + (token > 0) };
       };
       export const write = async (records: readonly { id: string; value: Cast }[]): Promise<void> => {
         for (const { id, value } of records) appendFileSync(${JSON.stringify(out)}, id + " " + value.text + "\\n");
       };
       export function* ids(): Iterable<string> {
         if (existsSync(${JSON.stringify(out)}))
           for (const line of readFileSync(${JSON.stringify(out)}, "utf8").trimEnd().split("\\n")) yield line.split(" ")[0]!;
       }
       export const close = (): void => console.error("closed");\n`,
    );
    environment = { ...environment, FLEET_WORKER_JOB: job, FLEET_WORKER_SINK: "", FLEET_WORKER_HUB_URL: "" };
    const ended = await fleet("start", "--range", "1..9");
    expect(ended).toMatchObject({ code: 0, error: "closed\n" });
    expect(await verification()).toMatchObject({ clean: true, seen: 8, empty: 1 });
    expect(await readFile(out, "utf8")).toContain("5 5:true\n");
  });

  test("may write what the hub has", async () => {
    const job = join(folder, `${crypto.randomUUID()}.mjs`);
    await writeFile(
      job,
      "export const write = async (records) => console.error(records.length + ' written');\n",
    );
    environment = { ...environment, FLEET_WORKER_JOB: job, FLEET_WORKER_SINK: "" };
    expect(await fleet("start", "--range", "1..10")).toMatchObject({ code: 0, error: "10 written\n" });
    expect(await fleet("verify")).toMatchObject({
      code: 1,
      error: expect.stringContaining("FLEET_WORKER_UNANSWERED") as string,
    });
  });
});

describe("a hub that is not well", () => {
  test("burns no attempts while the breaker is open, and loses nothing", async () => {
    let isDown = true;
    hub.answer = (id, request, response) =>
      isDown ? json(response, 500, {}) : record(id, request, response);
    await using process = worker(
      "--range",
      "1..100",
      "--attempts",
      "2",
      "--breaker-consecutive-failures",
      "2",
      "--breaker-open-ms",
      "100",
      "--breaker-max-open-ms",
      "100",
      "--log-level",
      "info",
    );
    await process.until(/"hub":"open"/);
    const asked = hub.asked.length;
    await eventually(() => expect(hub.asked.length).toBeGreaterThan(asked + 5), { timeoutMs: 15_000 });
    isDown = false;
    const { code, error } = await process.ended;
    expect(code).toBe(0);
    expect(error).toContain('"the hub does not answer yet"');
    expect(error).toContain('"breaker open"');
    expect(await status()).toMatchObject({ state: "complete", ids: { dead: 0 }, counts: { dead: 0 } });
    expect(await verification()).toMatchObject({ clean: true, seen: 100 });
  });

  test("that asks to wait is left alone by all workers until then", async () => {
    environment["FLEET_WORKER_SINK"] = `redis://${redis.host}:${redis.port}`;
    let toldAt = 0;
    let early = 0;
    hub.answer = (id, request, response) => {
      const now = performance.now();
      if (toldAt === 0 && hub.asked.length > 30) {
        toldAt = now;
        return json(response, 429, {}, { "retry-after": "1" });
      }
      if (toldAt > 0 && now < toldAt + 950) early += 1;
      return record(id, request, response);
    };
    const flags = [
      "--range",
      "1..200",
      "--requests-per-second",
      "200",
      "--hub-concurrency",
      "4",
      "--claim",
      "2",
    ];
    await using first = worker(...flags);
    await using second = worker(...flags);
    const ends = await Promise.all([first.ended, second.ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(toldAt).not.toBe(0);
    // What was on its way when the hub spoke, at most: 190 would have come otherwise.
    expect(early).toBeLessThanOrEqual(8);
    expect(await status()).toMatchObject({ counts: { retried: 0, dead: 0 } });
    expect(await verification()).toMatchObject({ clean: true, seen: 200 });
  });

  test("and pages of HTML in between are tried again", async () => {
    const seen = new Set<string>();
    hub.answer = (id, request, response) => {
      if (seen.has(id) || id === "1" || Number(id) % 3 > 0) return record(id, request, response);
      seen.add(id);
      return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>We will be back");
    };
    expect((await fleet("start", "--range", "1..30")).code).toBe(0);
    expect(await verification()).toMatchObject({ clean: true, seen: 30 });
    expect((await status()).counts.retried).toBeGreaterThanOrEqual(9);
  });
});

describe("signals", () => {
  test("SIGTERM hands back what has not begun: the next worker has it long before the lease is over, no attempt is burnt", async () => {
    environment["FLEET_WORKER_SINK"] = `redis://${redis.host}:${redis.port}`;
    const release = holdHub();
    await using leaving = worker("--range", "1..40", "--hub-concurrency", "1", "--grace-ms", "5000");
    await busy(leaving);
    await using next = worker("--range", "1..40", "--hub-concurrency", "8");
    await eventually(() => expect(next.last).toMatchObject({ worker: { state: "waiting" } }), {
      timeoutMs: 15_000,
    });
    leaving.child.kill("SIGTERM");
    await eventually(() => expect(hub.asked.some((id) => Number(id) > 10)).toBe(true));
    release();
    const [left, done] = await Promise.all([leaving.ended, next.ended]);
    expect([left.code, done.code]).toEqual([0, 0]);
    expect(left.out.trimEnd().split("\n").at(-1)).toContain('"outcome":"stopped"');
    expect(await status()).toMatchObject({
      state: "complete",
      workers: [],
      counts: { crashed: 0, retried: 0 },
    });
    expect(await verification()).toMatchObject({ clean: true, seen: 40 });
  });

  test("SIGHUP ends nothing: the run is completed", async () => {
    environment["FLEET_WORKER_SINK"] = `redis://${redis.host}:${redis.port}`;
    const release = holdHub();
    await using process = worker("--range", "1..10");
    await busy(process);
    process.child.kill("SIGHUP");
    release();
    expect(await process.ended).toMatchObject({
      code: 0,
      error: expect.stringContaining("SIGHUP: nothing is read again") as string,
    });
    expect(await verification()).toMatchObject({ clean: true, seen: 10 });
  });

  test("while it drains the worker is alive and not ready, and what is under way finishes", async () => {
    const release = holdHub();
    await using leaving = worker("--range", "1..10", "--listen-port", "0", "--grace-ms", "20000");
    const url = await leaving.listening();
    await busy(leaving);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    leaving.child.kill("SIGTERM");
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    release();
    expect((await leaving.ended).code).toBe(0);
    expect(await status()).toMatchObject({ state: "complete", counts: { handedBack: 0 } });
  });

  test("a second one ends it at once", async () => {
    const release = holdHub();
    await using process = worker("--range", "1..10", "--grace-ms", "60000");
    await busy(process);
    process.child.kill("SIGTERM");
    await process.until(/"state":"draining"/);
    process.child.kill("SIGINT");
    expect((await process.ended).code).toBe(1);
    release();
  });

  test("kill -9 half way: the next start goes on in the same file, and nothing is lost", async () => {
    await using process = worker("--range", "1..300", "--requests-per-second", "200", "--buffer", "20");
    await process.until(/"progress":0\.[3-6]/);
    process.child.kill("SIGKILL");
    await process.ended;
    const ended = await fleet("start", "--json");
    expect(ended.code).toBe(0);
    expect(await verification()).toMatchObject({ clean: true, done: 300, seen: 300 });
    const { counts } = await status();
    expect(counts).toMatchObject({ dead: 0 });
    expect(counts.crashed).toBeGreaterThan(0);
  });
});

describe("while it works", () => {
  test("it can be paused from elsewhere, and shows itself to a scraper", async () => {
    await using process = worker("--range", "1..100000", "--listen-port", "0", "--label", "one");
    const url = await process.listening();
    await busy(process);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^fleet_worker_run_progress_ratio 0/m);
    expect((await fleet("pause")).out).toBe("paused: nothing more is claimed\n");
    await process.until(/"state":"paused","held":0/);
    // Redis hears of it with the next heartbeat.
    const paused = { state: "paused", workers: [{ state: "paused" }] };
    await eventually(async () => expect(await status()).toMatchObject(paused), { timeoutMs: 15_000 });
    expect((await fleet("status")).out).toMatch(
      /: paused, ids 1\.\.100000, .*\n.*\nworkers    1\n  one#\S+  paused, 0 chunks, hub 0\/5/s,
    );
    const asked = hub.asked.length;
    expect((await fleet("resume")).code).toBe(0);
    await eventually(() => expect(hub.asked.length).toBeGreaterThan(asked), { timeoutMs: 15_000 });
    process.child.kill("SIGTERM");
    expect((await process.ended).code).toBe(0);
  });

  test("a Redis that dies and comes back costs nothing but time", async () => {
    await using server = await startRedis({ config: { appendonly: "yes", appendfsync: "everysec" } });
    environment["FLEET_WORKER_REDIS_URL"] = `redis://${server.host}:${server.port}`;
    await using process = worker("--range", "1..300", "--requests-per-second", "200");
    await process.until(/"progress":0\.[2-5]/);
    await server.kill();
    await process.until(/"isCurrent":false/);
    await server.restart();
    expect((await process.ended).code).toBe(0);
    expect(await verification()).toMatchObject({ clean: true, done: 300, seen: 300 });
  });

  test("a run that is gone ends it with a code, never with 'complete'", async () => {
    const release = holdHub();
    await using process = worker("--range", "1..100");
    await busy(process);
    await fleet("purge", "--run");
    release();
    const { code, error, out } = await process.ended;
    expect([code, error]).toEqual([
      1,
      expect.stringMatching(/FLEET_BACKFILL_EPOCH run .* is not in Redis any more/),
    ]);
    expect(out).not.toContain('"event":"end"');
  });
});
