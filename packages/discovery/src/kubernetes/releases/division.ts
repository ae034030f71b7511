import type { ServiceRecord } from "../profiles/objects.ts";

/** What the Services of one release add to its name. */
const endings =
  /(?:-(?:headless|master|primary|replicas?|slaves?|read|metrics|exporter|sentinel|internal|external|lb|svc|service|node|haproxy|proxy|announce|\d+))+$/;

/** Labels by which the Services of one release select different Pods of it. */
const within: ReadonlySet<string> = new Set([
  "app.kubernetes.io/component",
  "component",
  "role",
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
]);

/**
 * Which of the Services with the labels of one release belong together, each by what their names begin with. A tool that writes its own
 * label of the release over that of Helm, as Argo CD does, gives one label to releases which select other Pods.
 */
export function division(services: readonly ServiceRecord[]): ReadonlyMap<string, string> {
  const stems = new Map(services.map(({ name }) => [name, name.replace(endings, "")]));
  const distinct = [...new Set(stems.values())].toSorted();
  const first = new Map(distinct.map((stem) => [stem, stem]));
  const of = (stem: string): readonly ServiceRecord[] =>
    services.filter(({ name }) => stems.get(name) === stem);
  for (const [index, stem] of distinct.entries())
    for (const other of distinct.slice(0, index)) {
      const [one, two] = [first.get(stem)!, first.get(other)!];
      if (one === two || !(stem.startsWith(`${other}-`) || mayShare(of(stem), of(other)))) continue;
      const [kept, given] = one < two ? [one, two] : [two, one];
      for (const [key, value] of first) if (value === given) first.set(key, kept);
    }
  return new Map([...stems].map(([name, stem]) => [name, first.get(stem)!]));
}

/** Whether one Pod may stand behind Services of both. */
function mayShare(some: readonly ServiceRecord[], others: readonly ServiceRecord[]): boolean {
  return some.some((one) => others.some((other) => !isApart(one, other)));
}

function isApart({ selector: one = {} }: ServiceRecord, { selector: other = {} }: ServiceRecord): boolean {
  return Object.entries(one).some(
    ([label, value]) => !within.has(label) && other[label] !== undefined && other[label] !== value,
  );
}
