import { eventually } from "@fleet/testkit";
import { namespace, service, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { restarts } from "../../churn/churn-faults.ts";
import { runChurn } from "../../churn/churn-run.ts";
import { reflectorContract } from "./reflector-contract.ts";
import { open } from "./reflector-subject.ts";
import type { Subject, SubjectOptions } from "./reflector-subject.ts";

let server: KubernetesServer;

beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.close());

reflectorContract("a real API server", () => server);

describe("a Reflector on a real API server", () => {
  let of = "";
  let made = 0;

  const make = (name: string): KubernetesObject => service(name, { namespace: of });
  const reflect = async (options: SubjectOptions = {}): Promise<Subject> => {
    made += 1;
    of = `chaos-${made}`;
    await server.apply(namespace(of), make("a"));
    const subject = await open(server, { namespace: of, ...options });
    void subject.reflector.start({ signal: new AbortController().signal });
    return subject;
  };

  test("names the right that is missing, and goes on by itself when it is given", async () => {
    const verbs = ["list"];
    const rules = [{ apiGroups: [""], resources: ["services"], verbs }];
    await server.apply(namespace("rights"));
    const token = await server.user("reflector", { namespace: "rights", rules });
    await using subject = await reflect({ token, namespace: "rights" });
    await subject.passing(() =>
      expect(subject.mirror.failures.at(-1)).toMatchObject({
        code: "FLEET_DISCOVERY_API_FORBIDDEN",
        status: 403,
        request: { verb: "watch", resource: "services", namespace: "rights" },
      }),
    );
    verbs.push("watch");
    await server.user("reflector", { namespace: "rights", rules });
    await server.apply(service("a", { namespace: "rights" }));
    await subject.has("a");
  });

  test("works where the server has no watch cache, so streams nothing", async () => {
    await server.restart({ "watch-cache": false });
    await using subject = await reflect();
    await subject.has("a");
    await server.apply(make("b"));
    await server.delete(make("a"));
    await subject.has("b");
    expect(subject.mirror.told).toEqual(["+a", "=", "+b", "-a"]);
  });

  test("waits its turn where the server is too busy (429), and gets it", async () => {
    await server.restart({ "max-requests-inflight": 1, "max-mutating-requests-inflight": 1 });
    // The administrator is never refused.
    const rules = [{ apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] }];
    const token = await server.user("crowd", { rules, clusterWide: true });
    const end = new AbortController();
    let refused = 0;
    const flood = async (): Promise<void> => {
      while (!end.signal.aborted)
        await server.request("/api/v1/services", { token }).catch((error: { readonly status?: number }) => {
          if (error.status !== 429) throw error;
          refused += 1;
        });
    };
    const floods = Array.from({ length: 8 }, flood);
    try {
      await eventually(() => expect(refused).toBeGreaterThan(20));
      await using subject = await reflect({ token, streaming: "never" });
      await subject.has("a");
      await server.apply(make("b"));
      await subject.has("a", "b");
    } finally {
      end.abort();
      await Promise.all(floods);
    }
  });

  // Ten minutes of it: churn.ts --real.
  test("ends up with what the server has whatever changes and goes wrong, and told each change once", async () => {
    await server.restart({ "goaway-chance": 0.02 });
    const report = await runChurn({
      server,
      seed: 20261125,
      durationMs: 15_000,
      faultShare: 0.05,
      haste: 4,
      faults: () => restarts(server),
    });
    expect(report.told).toBeGreaterThan(50);
  }, 180_000);
});
