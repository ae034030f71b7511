import { ChartFamily, mayBeChart, releaseOfChart } from "./chart-family.ts";
import { Convention } from "./convention.ts";
import type { Recognition } from "./convention.ts";
import type { PortRecord, ServiceRecord } from "./objects.ts";
import type { Profile } from "./profile.ts";
import { annotationPrefix } from "./settings.ts";

/** Several profiles, in the order in which they are held against a Service. */
export class Conventions {
  readonly #before: readonly Convention[];
  readonly #after: readonly Convention[];
  readonly #family: ChartFamily | undefined;

  /** @throws SyntaxError when a pattern is no regular expression. */
  constructor(profiles: readonly Profile[]) {
    const all = profiles.map((profile) => ({ convention: new Convention(profile), signs: profile.signs }));
    const charts = all.flatMap(({ convention, signs }) =>
      signs === undefined ? [] : [{ convention, signs }],
    );
    // Charts stand where the first of them stands: which of them it is, is said by all Services of a release together.
    const place = all.findIndex(({ signs }) => signs !== undefined);
    const rest = (part: typeof all): readonly Convention[] =>
      part.filter(({ signs }) => signs === undefined).map(({ convention }) => convention);
    this.#before = rest(place < 0 ? all : all.slice(0, place));
    this.#after = rest(place < 0 ? [] : all.slice(place));
    this.#family = charts.length === 0 ? undefined : new ChartFamily(charts);
  }

  /** What the Services of one release have in common within their namespace; undefined where nothing recognises this one. */
  releaseOf(service: ServiceRecord): string | undefined {
    const special = recognise(this.#before, service);
    if (special !== undefined) return special.release;
    if (this.#mayBeChart(service)) return releaseOfChart(service.labels);
    return recognise(this.#after, service)?.release;
  }

  /** What is seen in each of the Services of one release; undefined in those that no profile recognises. */
  recognise(services: readonly ServiceRecord[]): readonly (Recognition | undefined)[] {
    const ofCharts = services.filter((service) => this.#mayBeChart(service));
    const chart = this.#family?.recognise(ofCharts);
    return services.map(
      (service) =>
        recognise(this.#before, service) ??
        (chart !== undefined && this.#mayBeChart(service)
          ? chart.recognise(service)
          : recognise(this.#after, service)),
    );
  }

  #mayBeChart({ labels, ports }: ServiceRecord): boolean {
    return this.#family !== undefined && mayBeChart(labels, ports);
  }

  /**
   * Whether one of them may recognise a Service with these labels and ports. Slices bear the labels of their Service and the names
   * of its ports, so this may say yes where `recognise` says no.
   */
  mayBe(labels: Readonly<Record<string, string>>, ports: readonly PortRecord[]): boolean {
    const may = (convention: Convention): boolean => convention.mayBe(labels);
    return (
      this.#before.some(may) ||
      (this.#family !== undefined && mayBeChart(labels, ports)) ||
      this.#after.some(may)
    );
  }

  /** Whether one of them, or all of them, read this annotation. */
  readsAnnotation(name: string): boolean {
    const reads = (convention: Convention): boolean => convention.readsAnnotation(name);
    return name.startsWith(annotationPrefix) || this.#before.some(reads) || this.#after.some(reads);
  }
}

function recognise(conventions: readonly Convention[], service: ServiceRecord): Recognition | undefined {
  for (const convention of conventions) {
    const recognition = convention.recognise(service);
    if (recognition !== undefined) return recognition;
  }
  return undefined;
}
