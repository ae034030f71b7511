import type { Address } from "../instance/address-map.ts";
import type { SentinelAnswer, ToldMaster } from "./sentinel-answer.ts";

/** What the sentinels that answer say together of one primary. */
export interface SeenMaster {
  readonly name: string;
  readonly primary: Address;
  /** Those that are up, in a fixed order. One that was not reached yet comes when it is, and stays when it was there. */
  readonly replicas: readonly Address[];
  /** Those that are not, in a fixed order. Sentinels remember them until they are reset. */
  readonly lost: readonly Address[];
  readonly epoch: number;
  readonly down: boolean;
  /** They name different primaries. */
  readonly disputed: boolean;
  readonly noQuorum: string | undefined;
  /** It stands as it was seen before: the few that answer now say something older, or nothing. */
  readonly kept: boolean;
}

/**
 * What to believe of several answers. The newest configuration counts, since after a failover some sentinels know of it before
 * others. Together they may also take something away; a minority may not: a sentinel that was cut off, or lost its memory, would.
 */
export function viewOf(
  answers: readonly SentinelAnswer[],
  before: ReadonlyMap<string, SeenMaster>,
  isMajority: boolean,
): ReadonlyMap<string, SeenMaster> {
  const names = new Set([...before.keys(), ...answers.flatMap(({ masters }) => [...masters.keys()])]);
  const view = new Map<string, SeenMaster>();
  for (const name of [...names].toSorted()) {
    const told = answers.flatMap(({ masters }) => masters.get(name) ?? []);
    const held = before.get(name);
    const seen = told.length === 0 ? undefined : together(told, held);
    if (held !== undefined && !isMajority && (seen === undefined || seen.epoch < held.epoch))
      view.set(name, { ...held, kept: true });
    else if (seen !== undefined) view.set(name, seen);
  }
  return view;
}

function together(told: readonly ToldMaster[], held: SeenMaster | undefined): SeenMaster {
  const epoch = Math.max(...told.map((one) => one.epoch));
  const newest = told.filter((one) => one.epoch === epoch);
  const byPrimary = Map.groupBy(newest, textOf);
  const [believed] = [...byPrimary.values()].toSorted((a, b) => b.length - a.length);
  const { name, host, port } = believed![0]!;
  const views = Map.groupBy(
    believed!.flatMap((one) => one.replicas),
    textOf,
  );
  views.delete(textOf({ host, port }));
  const lost = [...views].filter(([, of]) => most(of, ({ down }) => down)).map(([key]) => key);
  const there = new Set(held && [held.primary, ...held.replicas].map(textOf));
  const up = [...views]
    .filter(([key, of]) => !lost.includes(key) && (there.has(key) || !most(of, ({ apart }) => apart)))
    .map(([key]) => key);
  const addresses = (keys: readonly string[]): readonly Address[] =>
    keys.toSorted().map((key) => ({ host: views.get(key)![0]!.host, port: views.get(key)![0]!.port }));
  return {
    name,
    primary: { host, port },
    replicas: addresses(up),
    lost: addresses(lost),
    epoch,
    down: most(believed!, ({ down }) => down),
    disputed: byPrimary.size > 1,
    noQuorum: believed!.every(({ noQuorum }) => noQuorum !== undefined) ? believed![0]!.noQuorum : undefined,
    kept: false,
  };
}

function most<T>(views: readonly T[], says: (view: T) => boolean): boolean {
  return 2 * views.filter(says).length > views.length;
}

function textOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
