import { CircuitBreaker, RetryPolicy } from "@fleet/breaker";
import type { OptionError } from "@fleet/options";
import { RedisPool } from "@fleet/pool/ioredis";

import type { FleetOptions } from "./fleet-options.ts";
import { AllTerms, type Terms } from "./overrides.ts";

/** An option of a pool or a breaker that does not go with the others. */
interface Misfit {
  /** `overrides.orders.pool.` */
  readonly path: string;
  readonly error: OptionError;
}

/** Pools and breakers are made by the first call, so a wrong combination is looked for before: by making one of each. */
export async function misfits({ retry }: FleetOptions, terms: AllTerms): Promise<readonly Misfit[]> {
  const found = await misfitsOf("", terms.common);
  try {
    void new RetryPolicy({ ...retry });
  } catch (error) {
    found.push({ path: "retry.", error: error as OptionError });
  }
  for (const [instance, own] of terms.own)
    for (const misfit of await misfitsOf(`overrides.${instance}.`, own)) found.push(misfit);
  return found;
}

/**
 * What is wrong with the combination of options each of which is right by itself: a line each, "<option> must be ...".
 *
 * @param options as `createFleet()` takes them; those that only code can give may be absent.
 */
export async function combinationFaults(options: FleetOptions): Promise<readonly string[]> {
  return (await misfits(options, new AllTerms(options))).map(({ path, error }) => `${path}${error.message}`);
}

async function misfitsOf(path: string, { pool, breaker }: Terms): Promise<Misfit[]> {
  const found: Misfit[] = [];
  const name = "options";
  try {
    void new CircuitBreaker({ ...breaker, name });
  } catch (error) {
    found.push({ path: `${path}breaker.`, error: error as OptionError });
  }
  try {
    await new RedisPool({ ...pool, name, host: "localhost", port: 1 }).close();
  } catch (error) {
    found.push({ path: `${path}pool.`, error: error as OptionError });
  }
  return found;
}
