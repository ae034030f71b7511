import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { certificates, eventually, startCluster, startRedis, startSentinel } from "@fleet/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { record, startHub, type TestHub } from "../start-hub.ts";
import { postgresAvailable, startPostgres } from "../start-postgres.ts";
import { run, WorkerProcess } from "../worker-process.ts";

// Several processes each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let hub: TestHub;
let environment: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-worker-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  hub = await startHub();
  environment = {
    FLEET_WORKER_HUB_URL: hub.url,
    FLEET_WORKER_SINK: `ndjson:${join(folder, `${crypto.randomUUID()}.ndjson`)}`,
    FLEET_WORKER_REQUESTS_PER_SECOND: "unlimited",
    FLEET_WORKER_CHUNK_SIZE: "10",
    FLEET_WORKER_REDIS_TIMEOUT_MS: "1000",
    FLEET_WORKER_LOG_LEVEL: "error",
  };
});
afterEach(() => hub[Symbol.asyncDispose]());

const clean = expect.objectContaining({ code: 0, out: expect.stringMatching(/^clean$/m) });

test("a Redis that speaks TLS only is trusted by its authority, and by nobody else's", async () => {
  const password = "p@ss/word";
  await using redis = await startRedis({ tls: true, password });
  environment["FLEET_WORKER_REDIS_URL"] =
    `rediss://:${encodeURIComponent(password)}@${redis.host}:${redis.port}/3`;
  const stranger = await run(["start", "--range", "1..20"], environment);
  expect(stranger).toMatchObject({
    code: 1,
    error: expect.stringContaining("FLEET_BACKFILL_REDIS_UNREACHABLE"),
  });
  expect(stranger.error).toMatch(/certificate/);
  expect(hub.asked.length).toBeLessThanOrEqual(1);

  environment["FLEET_WORKER_REDIS_CA_FILE"] = redis.tls!.caFile;
  expect(await run(["start", "--range", "1..20"], environment)).toMatchObject({ code: 0, error: "" });
  expect(await run(["verify"], environment)).toEqual(clean);
  expect(await redis.call("INFO", "keyspace")).toMatch(/^db3:keys=/m);
});

test("a file of an authority that is not there is told before anything is done", async () => {
  const missing = join(folder, "none.pem");
  const ended = await run(
    ["start", "--range", "1..20", "--redis-url", "rediss://127.0.0.1:1", "--redis-ca-file", missing],
    environment,
  );
  expect(ended).toMatchObject({
    code: 2,
    error: expect.stringContaining(`redisCaFile: ${missing} cannot be read (ENOENT)`),
  });
});

test("Sentinels with TLS and passwords: the primary is killed, and the run goes on with the next", async () => {
  const password = "of-servers";
  await using set = await startSentinel({ tls: true, password, replicas: 1, name: "runs" });
  for (const sentinel of set.sentinels)
    await sentinel.call("ACL", "SETUSER", "default", "resetpass", ">of-sentinels");
  Object.assign(environment, {
    FLEET_WORKER_REDIS_URL: `rediss://:${password}@unused`,
    FLEET_WORKER_REDIS_CA_FILE: set.primary.tls!.caFile,
    FLEET_WORKER_REDIS_SENTINELS: set.sentinels.map(({ host, port }) => `${host}:${port}`).join(),
    FLEET_WORKER_REDIS_SENTINEL_NAME: "runs",
    FLEET_WORKER_REDIS_SENTINEL_PASSWORD: "of-sentinels",
    FLEET_WORKER_LEASE_MS: "3000",
    FLEET_WORKER_HUB_CONCURRENCY: "1",
  });
  hub.answer = (...call) => void setTimeout(() => record(...call), 20);
  await using worker = new WorkerProcess(["start", "--json", "--range", "1..200"], environment);
  await eventually(() => expect(hub.asked.length).toBeGreaterThan(50), { timeoutMs: 30_000 });
  await set.primary.kill();
  expect(await worker.ended).toMatchObject({ code: 0 });
  expect(await set.replicas[0]!.call("ROLE")).toContain("master");
  expect(await run(["verify"], environment)).toEqual(clean);
});

test("a cluster that speaks TLS only", async () => {
  await using cluster = await startCluster({ tls: true });
  const [node] = cluster.nodes;
  Object.assign(environment, {
    FLEET_WORKER_REDIS_URL: `rediss://${node!.host}:${node!.port}`,
    FLEET_WORKER_REDIS_CA_FILE: node!.tls!.caFile,
    FLEET_WORKER_REDIS_CLUSTER: "true",
  });
  expect(await run(["start", "--range", "1..20"], environment)).toMatchObject({ code: 0 });
  expect(await run(["verify"], environment)).toEqual(clean);
});

test("a Postgres that speaks TLS only is trusted by its authority", async (context) => {
  const missing = postgresAvailable();
  if (missing !== undefined) context.skip(missing);
  const tls = await certificates();
  await using postgres = await startPostgres({}, tls);
  await using redis = await startRedis();
  environment["FLEET_WORKER_REDIS_URL"] = `redis://${redis.host}:${redis.port}`;
  environment["FLEET_WORKER_SINK"] = `${postgres.url}?sslmode=verify-full`;
  expect(await run(["start", "--range", "1..20"], environment)).toMatchObject({
    code: 1,
    error: expect.stringContaining("FLEET_WORKER_SINK_UNREACHABLE"),
  });
  environment["FLEET_WORKER_SINK"] = `${postgres.url}?sslmode=verify-full&sslrootcert=${tls.caFile}`;
  expect(await run(["start", "--range", "1..20"], environment)).toMatchObject({ code: 0, error: "" });
  expect(await run(["verify"], environment)).toEqual(clean);
});
