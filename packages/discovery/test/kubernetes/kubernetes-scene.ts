import { FakeClock, eventually, seededRandom } from "@fleet/testkit";
import { endpointSlice, service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble, ApiServerDoubleOptions, KubernetesObject } from "@fleet/testkit/kubernetes";

import type { Instance, SourceSink } from "../../src/index.ts";
import { ApiServer, KubernetesSource } from "../../src/kubernetes/index.ts";
import type { KubernetesSourceOptions } from "../../src/kubernetes/index.ts";

/** A release of the profile app-redis with a Pod, in the namespace "shop" unless told. */
export function release(
  name: string,
  options: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly address?: string;
  } = {},
): readonly KubernetesObject[] {
  const { namespace = "shop", labels = { app: "redis", instance: name }, annotations = {} } = options;
  const { address = "10.20.0.1" } = options;
  return [
    service(name, { namespace, labels, annotations }),
    endpointSlice(name, {
      namespace,
      labels,
      endpoints: [
        {
          addresses: [address],
          targetRef: { kind: "Pod", name: `${name}-0`, uid: `${namespace}-${name}-${address}` },
        },
      ],
    }),
  ];
}

/** What a source says. */
export class Heard implements SourceSink {
  readonly sets: (readonly Instance[])[] = [];
  readonly failures: Error[] = [];

  replace(instances: readonly Instance[]): void {
    this.sets.push(instances);
  }

  fail(error: unknown): void {
    this.failures.push(error as Error);
  }

  get names(): readonly string[] {
    return (this.sets.at(-1) ?? []).map(({ name }) => name).toSorted();
  }

  instance(name: string): Instance | undefined {
    return this.sets.at(-1)?.find((instance) => instance.name === name);
  }
}

/** A source in front of a double of an API server. */
export interface Scene extends AsyncDisposable {
  readonly double: ApiServerDouble;
  readonly api: ApiServer;
  readonly clock: FakeClock;
  readonly source: KubernetesSource;
  readonly heard: Heard;
  /** Resolved once its start is. */
  started: boolean;
  start(): void;
  /** Lets time pass until a check holds; so many milliseconds of the clock a look. @default 250 */
  readonly passing: <T>(check: () => T | Promise<T>, stepMs?: number) => Promise<T>;
}

export async function kubernetesScene(
  objects: readonly KubernetesObject[],
  options: Partial<KubernetesSourceOptions> & { readonly double?: ApiServerDoubleOptions } = {},
): Promise<Scene> {
  const double = await startApiServerDouble(options.double);
  await double.apply(...objects);
  const clock = new FakeClock();
  const api = new ApiServer({
    server: { url: double.url, ca: double.ca, token: double.adminToken },
    clock,
  });
  const source = new KubernetesSource({
    api,
    namespaces: ["shop"],
    clock,
    random: seededRandom(1),
    ...options,
  });
  const heard = new Heard();
  const abort = new AbortController();
  const scene: Scene = {
    double,
    api,
    clock,
    source,
    heard,
    started: false,
    start: () => {
      source.start(heard, { signal: abort.signal }).then(
        () => (scene.started = true),
        () => "it was closed before its first set",
      );
    },
    passing: (check, stepMs = 250) =>
      eventually(
        async () => {
          await clock.advance(stepMs);
          return check();
        },
        { timeoutMs: 15_000 },
      ),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      await api.close();
      await double.close();
    },
  };
  return scene;
}
