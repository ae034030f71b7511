import { paths, root, text } from "../checkout.ts";

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly meaning: string;
  /** Whether a series was seen, so that the labels are known. */
  readonly isSeen: boolean;
}

interface MetricsModule {
  readonly observe: (options: {
    readonly stats: () => unknown;
  }) => Disposable & { render(): Promise<string> };
}

interface Fixtures {
  readonly fixtures: Readonly<Record<string, unknown>>;
  readonly tell: (channel: string) => void;
  readonly endpoint: (change: object) => unknown;
  readonly fleet: (endpoints: readonly unknown[]) => {
    readonly discovery: { readonly sources: readonly object[] };
  };
}

const load = async <T>(path: string): Promise<T> =>
  (await import(new URL(`file://${root}/${path}`).href)) as T;

/** The metrics of `@fleet/metrics`: observed while one message of each channel is published and one fleet in full use is shown. */
export async function observedMetrics(): Promise<readonly Metric[]> {
  const { observe } = await load<MetricsModule>("packages/metrics/src/index.ts");
  const { fixtures, tell, endpoint, fleet } = await load<Fixtures>("packages/metrics/test/fixtures.ts");
  const sample = fleet([endpoint({ replication: { unfit: "lagging", lagBytes: 1 } })]);
  const stats = {
    ...sample,
    discovery: {
      sources: sample.discovery.sources.map((source) => ({
        ...source,
        profiles: { valkey: 1 },
        conditions: [{ reason: "NoPort" }],
        resources: [
          {
            resource: "services",
            state: "watching",
            objects: 1,
            lastSyncAgeMs: 1,
            lists: 1,
            restarts: { timeout: 1 },
            events: { ADDED: 1 },
            decodeErrors: 0,
          },
        ],
      })),
    },
  };
  using observation = observe({ stats: () => stats });
  for (const channel of Object.keys(fixtures)) tell(channel);
  return parseExposition(await observation.render());
}

/** @param exposition in the text format of Prometheus. */
export function parseExposition(exposition: string): readonly Metric[] {
  const lines = exposition.split("\n");
  return lines.flatMap((line) => {
    const [, name, meaning] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    if (name === undefined || meaning === undefined) return [];
    const type = lines.find((each) => each.startsWith(`# TYPE ${name} `))?.split(" ")[3] ?? "";
    const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? `);
    const seen = lines.map((each) => series.exec(each)).filter((match) => match !== null);
    const labels = seen.flatMap((match) =>
      [...(match[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label!),
    );
    return [
      {
        name,
        type,
        meaning,
        labels: [...new Set(labels)].filter((label) => label !== "le"),
        isSeen: seen.length > 0,
      },
    ];
  });
}

/** What an app counts of itself: the calls that make its metrics, in its sources. */
export function appMetrics(app: "gateway" | "worker"): readonly Metric[] {
  const made =
    /\b(?<type>counter|histogram|gauge)\(\s*"(?<name>\w+)",\s*"(?<meaning>[^"]*)"(?:,\s*(?<labels>\[[^\]]*\]|(?:"\w+"(?:,\s*)?)+))?/g;
  return paths(`apps/${app}/src/watch/**/*.ts`).flatMap((path) =>
    [...text(path).matchAll(made)].map(({ groups }) => ({
      name: `fleet_${app}_${groups!["name"]}`,
      type: groups!["type"]!,
      meaning: groups!["meaning"]!,
      labels: [...(groups!["labels"] ?? "").matchAll(/"(\w+)"/g)].map(([, label]) => label!),
      isSeen: true,
    })),
  );
}
