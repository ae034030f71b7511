import type { Convention } from "./convention.ts";
import type { PortRecord, ServiceRecord } from "./objects.ts";
import { labelPattern, pattern } from "./pattern.ts";
import { isPortCalled } from "./ports.ts";
import type { Sign } from "./profile.ts";

type Labels = Readonly<Record<string, string>>;

const instance = "app.kubernetes.io/instance";
const called = "app.kubernetes.io/name";
const component = "app.kubernetes.io/component";
const chart = "helm.sh/chart";

/** What the charts are called, and the name that their Services bear unless a release overrides it. */
const charts: readonly string[] = ["redis", "valkey", "redis-cluster", "valkey-cluster", "keydb"];

/**
 * Whether a Service, or a slice of one, may be of such a chart: by its name, by that of its chart where a release gave it another
 * name, or by a port that only they have where it is a sub-chart under an alias.
 */
export function mayBeChart(labels: Labels, ports: readonly PortRecord[]): boolean {
  if (labels[instance] === undefined) return false;
  const name = labels[called];
  if (ports.some((port) => port.name === "tcp-redis" || port.name === "tcp-valkey")) return true;
  if (name !== undefined && charts.includes(name)) return isMadeByHelm(labels);
  if (isChart(labels[chart])) return true;
  return (
    labels[component] !== undefined &&
    /^(?:primary|read|headless)$/.test(labels[component]) &&
    ports.some((port) => port.name === "tcp" && port.port === 6379)
  );
}

/** A chart's own version begins with a digit; `redis-operator-0.1.0` is another chart. */
function isChart(text: string | undefined): boolean {
  return (
    text !== undefined &&
    charts.some((one) => text.startsWith(`${one}-`) && /\d/.test(text.charAt(one.length + 1)))
  );
}

function isMadeByHelm(labels: Labels): boolean {
  return (
    labels["app.kubernetes.io/managed-by"] === "Helm" ||
    labels[chart] !== undefined ||
    labels[component] !== undefined
  );
}

interface Candidate {
  readonly convention: Convention;
  readonly byChart: readonly Test[];
  readonly byShape: readonly Test[];
}

type Test = (service: ServiceRecord) => boolean;

/** The profiles of charts that share their labels. */
export class ChartFamily {
  readonly #candidates: readonly Candidate[];

  /** @throws SyntaxError when a pattern is no regular expression. */
  constructor(members: readonly { readonly convention: Convention; readonly signs: readonly Sign[] }[]) {
    this.#candidates = members.map(({ convention, signs }) => ({
      convention,
      byChart: signs.filter((sign) => sign.chart !== undefined).map(testOf),
      byShape: signs.filter((sign) => sign.chart === undefined).map(testOf),
    }));
  }

  /** Whose release these Services are; undefined where no sign shows. */
  recognise(services: readonly ServiceRecord[]): Convention | undefined {
    const shows = (tests: readonly Test[]): boolean => tests.some((test) => services.some(test));
    const found =
      this.#candidates.find(({ byChart }) => shows(byChart)) ??
      this.#candidates.find(({ byShape }) => shows(byShape));
    return found?.convention;
  }
}

/**
 * What the Services of one release have in common within their namespace; Sentinels may be called after what they watch. No profile has
 * a name with a space.
 */
export function releaseOfChart(labels: Labels): string {
  return `helm chart/${labels[instance]}/${(labels[called] ?? "").replace(/-sentinel$/, "")}`;
}

/** Whether Services with this in common are of charts that share their labels. */
export function isOfCharts(release: string): boolean {
  return release.startsWith("helm chart/");
}

function testOf(sign: Sign): Test {
  const entries = Object.entries(sign.labels ?? {});
  const present = labelPattern(Object.fromEntries(entries.filter(([, text]) => text !== "")));
  const absent = entries.filter(([, text]) => text === "").map(([label]) => label);
  const madeBy = pattern(sign.chart ?? "");
  const isCalled = pattern(sign.name ?? "(.+)");
  const isPort = pattern(sign.port ?? ".*");
  return ({ name, labels, ports }) =>
    (sign.chart === undefined || madeBy(labels[chart] ?? "") !== undefined) &&
    isCalled(name) !== undefined &&
    present(labels) &&
    absent.every((label) => labels[label] === undefined) &&
    (sign.port === undefined || ports.some((port) => isPortCalled(port, isPort))) &&
    (sign.appProtocol === undefined || ports.some((port) => port.appProtocol === sign.appProtocol));
}
