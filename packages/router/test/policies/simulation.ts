import { seededRandom } from "@fleet/testkit";

import { Router, type RoutingPolicy, type Target } from "../../src/index.ts";
import { targets } from "../targets.ts";

export interface Scenario {
  /** Single-threaded servers that answer in order, as Redis does. */
  readonly servers: number;
  /** Processes that pick independently, each seeing its own calls only. */
  readonly gateways: number;
  readonly policy: () => RoutingPolicy;
  readonly requests: number;
  readonly seed: number;
  /** How many times slower than 1 ms a server is on average. */
  readonly slowness?: (server: number) => number;
  /** When a server that is free at `time` can really begin (pauses). */
  readonly begins?: (server: number, time: number) => number;
}

export interface Outcome {
  /** Latency in ms below which 99 % of the calls stayed; a call that timed out counts 1000. */
  readonly p99: number;
  readonly timeouts: number;
  /** Share of the calls that each server got. */
  readonly shares: readonly number[];
}

const utilisation = 0.5;
const timeoutMs = 1_000;
const sigma = 0.8;

/** Discrete-event simulation: Poisson arrivals, lognormal service of 1 ms on average, no network latency. */
export function simulate(scenario: Scenario): Outcome {
  const {
    servers,
    gateways,
    policy,
    requests,
    seed,
    slowness = () => 1,
    begins = (_server, time) => time,
  } = scenario;
  const random = seededRandom(seed);
  let now = 0;
  const members = targets(servers);
  const routers = Array.from({ length: gateways }, () => {
    const router = new Router<Target>({ policy: policy(), clock: { now: () => now }, random });
    router.update(members);
    return router;
  });
  const freeAt = members.map(() => 0);
  const counts = members.map(() => 0);
  const latencies: number[] = [];
  const pending = new Agenda();
  let timeouts = 0;
  for (let request = 0; request < requests; request += 1) {
    const arrival = now - Math.log(1 - random()) / (utilisation * servers);
    for (let due = pending.next(arrival); due !== undefined; due = pending.next(arrival)) {
      now = due.at;
      due.run();
    }
    now = arrival;
    const ticket = routers[Math.floor(random() * gateways)]!.pick({ group: "g", access: "read" });
    const server = members.indexOf(ticket.target);
    counts[server]! += 1;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const service = slowness(server) * Math.exp(sigma * normal - sigma ** 2 / 2);
    const end = begins(server, Math.max(now, freeAt[server]!)) + service;
    freeAt[server] = end;
    const timedOut = end - now > timeoutMs;
    latencies.push(Math.min(end - now, timeoutMs));
    if (timedOut) timeouts += 1;
    pending.add(Math.min(end, now + timeoutMs), () => {
      if (timedOut) ticket.failed();
      ticket[Symbol.dispose]();
    });
  }
  latencies.sort((one, other) => one - other);
  return {
    p99: latencies[Math.floor(latencies.length * 0.99)]!,
    timeouts,
    shares: counts.map((count) => count / requests),
  };
}

/** What is still to happen, soonest first: a binary heap. */
class Agenda {
  readonly #heap: { readonly at: number; readonly run: () => void }[] = [];

  add(at: number, run: () => void): void {
    let index = this.#heap.push({ at, run }) - 1;
    for (let parent = (index - 1) >> 1; index > 0 && this.#heap[parent]!.at > at; parent = (index - 1) >> 1) {
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes out the first event that is due by then. */
  next(until: number): { readonly at: number; readonly run: () => void } | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > until) return undefined;
    const last = this.#heap.pop()!;
    if (last === first) return first;
    this.#heap[0] = last;
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const smaller =
        (this.#heap[left + 1]?.at ?? Infinity) < (this.#heap[left]?.at ?? Infinity) ? left + 1 : left;
      if ((this.#heap[smaller]?.at ?? Infinity) >= last.at) return first;
      this.#swap(index, smaller);
      index = smaller;
    }
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other]!, this.#heap[one]!];
  }
}
