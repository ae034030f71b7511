import { eventually, FakeClock, seededRandom } from "@fleet/testkit";
import type { AnyApiServer } from "@fleet/testkit/kubernetes";
import { expect } from "vitest";

import { ApiServer, Reflector } from "../../../src/kubernetes/index.ts";
import { kept, Mirror } from "../../churn/mirror.ts";
import type { Kept } from "../../churn/mirror.ts";

export type ReflectorOptions = ConstructorParameters<typeof Reflector<Kept>>[0];

export interface SubjectOptions extends Partial<Omit<ReflectorOptions, "api" | "clock">> {
  readonly token?: string | (() => string | Promise<string>);
  /** @default the server's own */
  readonly url?: string;
  /** @default 30000 */
  readonly requestTimeoutMs?: number;
}

/** A reflector that is tried, and a mirror that lives on what it tells. */
export interface Subject extends AsyncDisposable {
  readonly reflector: Reflector<Kept>;
  readonly mirror: Mirror;
  readonly clock: FakeClock;
  /** Lets time pass until a check holds: fast while there is nothing to wait for but time, else so slowly that no answer is late. */
  passing(check: () => void, stepMs?: number): Promise<void>;
  /** ... until these are the names, in the reflector as in the mirror, and nothing contradicted itself. */
  has(...names: readonly string[]): Promise<void>;
}

export async function open(server: AnyApiServer, options: SubjectOptions = {}): Promise<Subject> {
  const { token = server.adminToken, url = server.url, requestTimeoutMs = 30_000, ...rest } = options;
  const clock = new FakeClock();
  const api = new ApiServer({
    server: { url, ca: server.ca, token },
    requestTimeoutMs,
    clock,
  });
  const mirror = new Mirror();
  const { applied, deleted, synced, failed } = mirror;
  const reflector = new Reflector<Kept>({
    api,
    resource: { group: "", version: "v1", plural: "services" },
    namespace: "shop",
    project: kept,
    handler: { applied, deleted, synced, failed },
    random: seededRandom(1),
    clock,
    ...rest,
  });
  const passing = (check: () => void, stepMs?: number): Promise<void> =>
    eventually(
      async () => {
        await clock.advance(stepMs ?? (reflector.stats.state === "backoff" ? 500 : 50));
        check();
      },
      { timeoutMs: 15_000, intervalMs: 3 },
    );
  return {
    reflector,
    mirror,
    clock,
    passing,
    has: (...names) =>
      passing(() => {
        expect(mirror.names).toEqual(names);
        expect(new Map(reflector.items)).toEqual(mirror.items);
        expect(mirror.contradictions).toEqual([]);
      }),
    [Symbol.asyncDispose]: async () => {
      await reflector.close();
      await api.close();
    },
  };
}
