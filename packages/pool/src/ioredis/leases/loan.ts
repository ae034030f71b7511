import { EventEmitter } from "node:events";

import type { Redis } from "ioredis";

import { LeaseReleasedError } from "../../errors.ts";
import type { Loan } from "../../exclusive/lease.ts";

const emitterMethods = Object.getOwnPropertyNames(EventEmitter.prototype).filter(
  (name) => name !== "constructor" && typeof Reflect.get(EventEmitter.prototype, name) === "function",
);

/**
 * A connection for the time of one lease. What a borrower sets or defines on it (options, scripts, methods) stays on the
 * loan. After the lease everything that was handed out, pipelines and bound methods included, throws and sends nothing:
 * the connection may be another borrower's by then.
 */
export function lendRedis(redis: Redis, name: string): Loan<Redis> {
  let over = false;
  const check = (): void => {
    if (over) throw new LeaseReleasedError(name);
  };
  const own = Object.create(redis) as Redis & Record<string, unknown>;
  Object.assign(own, {
    options: { ...redis.options },
    scriptsSet: {},
    addedBuiltinSet: new Set(),
    sendCommand: (...args: Parameters<Redis["sendCommand"]>) => {
      check();
      return redis.sendCommand(...args);
    },
  });
  // It would send at the end of the tick, when the lease may be over.
  Object.defineProperty(own.options, "enableAutoPipelining", { value: false });
  const connection = new Proxy(own, {
    get(target, key, receiver) {
      // Awaiting a kept reference asks for this.
      if (key !== "then") check();
      return Reflect.get(target, key, receiver);
    },
    set(target, key, value, receiver) {
      check();
      return Reflect.set(target, key, value, receiver);
    },
  });
  for (const method of emitterMethods) {
    own[method] = (...args: unknown[]): unknown => {
      check();
      const result = (Reflect.get(redis, method) as (...args: unknown[]) => unknown).apply(redis, args);
      return result === redis ? connection : result;
    };
  }
  return {
    connection,
    end() {
      over = true;
    },
  };
}
