import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { startRedis } from "@fleet/testkit";

import { startGateway, token } from "../contestants/gateway.ts";
import { httpContestant } from "../contestants/http-contestant.ts";
import type { HttpContestantOptions } from "../contestants/http-contestant.ts";
import { HttpServer } from "../contestants/http-server.ts";
import { startWebdis, webdisVersion } from "../contestants/webdis.ts";
import type { Comparison, Context, Field, Scenario } from "../harness/scenario.ts";
import { autocannon } from "../load/autocannon.ts";
import { Cores, loadCore, serverCore } from "../load/cores.ts";
import type { CommandLine } from "../load/cores.ts";
import type { LoadGenerator } from "../load/http-load.ts";
import { keyOf, valueBytes, valueOf } from "../load/keys.ts";
import { findProgram } from "../load/programs.ts";
import { wrk } from "../load/wrk.ts";

const batch = Array.from({ length: 100 }, (_, index) => index);
const key = keyOf("get", 0);
const answer = JSON.stringify({ result: valueOf(0) });
const authorization = { authorization: `Bearer ${token}` };
const json = { "content-type": "application/json" };

const get = (server: HttpServer): HttpContestantOptions["request"] => ({
  url: `${server.url}/get/${key}`,
  method: "GET",
  headers: authorization,
});
const post = (server: HttpServer): HttpContestantOptions["request"] => ({
  url: `${server.url}/`,
  method: "POST",
  headers: { ...authorization, ...json },
  body: JSON.stringify(["GET", key]),
});
const pipeline = (server: HttpServer): HttpContestantOptions["request"] => ({
  url: `${server.url}/pipeline`,
  method: "POST",
  headers: { ...authorization, ...json },
  body: JSON.stringify(batch.map((index) => ["GET", keyOf("get", index)])),
});

const comparisons: readonly Comparison[] = [
  {
    title: `one GET of ${valueBytes} B a request, by path`,
    ours: "fleet",
    theirs: { webdis: "webdis", "node-http": "node-http", fastify: "fastify" },
  },
  {
    title: `one GET of ${valueBytes} B a request, by POST / with a JSON body`,
    ours: "post",
    theirs: { "node-http": "node-http-post", fastify: "fastify-post" },
  },
  {
    title: `${batch.length} GETs of ${valueBytes} B a request, by POST /pipeline; opsPerSec counts commands, webdis has one a request`,
    ours: "pipeline",
    theirs: { webdis: "webdis" },
  },
];

export const gateway: Scenario = {
  name: "gateway",
  question: "How much does one core of the gateway carry, against webdis and against Node's own limits?",
  full: { rounds: 7, roundMs: 2000 },
  quick: { rounds: 3, roundMs: 1000 },
  prepare,
};

async function prepare({ opened }: Context): Promise<Field> {
  const folder = await mkdtemp(join(tmpdir(), "fleet-bench-"));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const cores = new Cores();
  const serving = (command: CommandLine): CommandLine => cores.on(serverCore, command);

  const redis = opened.use(await startRedis());
  await cores.move(loadCore, redis.pid);
  await redis.call("MSET", ...batch.flatMap((index) => [keyOf("get", index), valueOf(index)]));

  const fleet = opened.use(await startGateway(redis, folder, serving));
  const nodeHttp = opened.use(await startConstant("node-http", folder, serving));
  const fastify = opened.use(await startConstant("fastify", folder, serving));
  const webdisProgram = findProgram("webdis");
  const webdis = webdisProgram && opened.use(await startWebdis(webdisProgram, redis, folder, serving));

  const load = await loadGenerator(folder, (command) => cores.on(loadCore, command));
  const results = JSON.stringify(batch.map((index) => ({ result: valueOf(index) })));
  const forms: readonly HttpContestantOptions[] = [
    { name: "fleet", server: fleet, request: get(fleet), answer, commands: 1 },
    ...(webdis ? [{ ...webdisForm, server: webdis, request: { ...get(webdis), headers: {} } }] : []),
    { name: "node-http", server: nodeHttp, request: get(nodeHttp), answer, commands: 1 },
    { name: "fastify", server: fastify, request: get(fastify), answer, commands: 1 },
    { name: "post", server: fleet, request: post(fleet), answer, commands: 1 },
    { name: "node-http-post", server: nodeHttp, request: post(nodeHttp), answer, commands: 1 },
    { name: "fastify-post", server: fastify, request: post(fastify), answer, commands: 1 },
    { name: "pipeline", server: fleet, request: pipeline(fleet), answer: results, commands: batch.length },
  ];
  return {
    contestants: forms.map((form) => httpContestant(load, form)),
    comparisons,
    packages: { "@fleet/client": "@fleet/client", ioredis: "ioredis", fastify: "fastify" },
    versions: {
      [`${redis.flavour}-server`]: redis.version,
      ...(webdisProgram && { webdis: await webdisVersion(webdisProgram) }),
    },
    setup: { pinning: cores.fact, loadGenerator: load.fact },
    notes: webdis ? [] : ["webdis is not on PATH: its row and its ratios are left out"],
  };
}

// webdis names the command in its answer.
const webdisForm = { name: "webdis", answer: JSON.stringify({ get: valueOf(0) }), commands: 1 };

async function startConstant(
  name: "node-http" | "fastify",
  folder: string,
  serving: (command: CommandLine) => CommandLine,
): Promise<HttpServer> {
  const file = fileURLToPath(new URL(`../contestants/peers/${name}.ts`, import.meta.url));
  return HttpServer.start({ command: serving([process.execPath, file, answer]), folder });
}

async function loadGenerator(
  folder: string,
  loading: (command: CommandLine) => CommandLine,
): Promise<LoadGenerator> {
  const program = findProgram("wrk");
  return program === undefined ? autocannon(folder, loading) : wrk(program, folder, loading);
}
