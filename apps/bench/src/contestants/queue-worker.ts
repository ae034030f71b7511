import { performance } from "node:perf_hooks";

import { answerRequests } from "./answer-requests.ts";
import type { OpenQueue, Queue, QueueName, QueueRequest, Taken } from "./queues/queue.ts";

// The process of one queue.

const load: Readonly<Record<QueueName, () => Promise<Queue>>> = {
  fleet: async () => (await import("./queues/fleet.ts")).queue,
  bullmq: async () => (await import("./queues/bullmq.ts")).bullmq("bulk"),
  "bullmq-one-by-one": async () => (await import("./queues/bullmq.ts")).bullmq("one by one"),
};

let opened: OpenQueue;

async function take(work: () => Promise<void>): Promise<Taken> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuUs: user + system };
}

async function answer(request: QueueRequest): Promise<Taken | undefined> {
  if (request.type === "open") opened = await (await load[request.queue]()).open(request.server);
  else if (request.type === "add") return take(() => opened.add(request.ids));
  else if (request.type === "work") return take(() => opened.work());
  else await opened.clear();
  return undefined;
}

answerRequests(answer, () => opened.close());
