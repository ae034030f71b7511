/** Label names and values of one series. The same object for the life of the series: prom-client caches its text. */
export type Labels = Readonly<Record<string, string>>;

/**
 * One line of the text format. Most live as long as their series and are handed out again and again; they all have the same
 * fields in the same order, which makes prom-client's loop over them about a third faster.
 */
export interface Sample {
  readonly labels: Labels;
  /** Further labels, whose text is cached by identity. */
  readonly sharedLabels: Labels;
  /** Where it differs from the metric's name (`_bucket`, `_sum`, `_count`). */
  readonly metricName: string | undefined;
  value: number;
}

/** The answer of a metric to a scrape. */
export interface Samples {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly aggregator: "sum";
  readonly values: readonly Sample[];
}

/** The same for JSON. */
export interface JsonSamples extends Omit<Samples, "values"> {
  readonly values: readonly {
    readonly labels: Labels;
    readonly value: number;
    readonly metricName?: string;
  }[];
}

/**
 * A metric as prom-client's Registry uses one, fulfilled by shape and not by its classes: those hash the labels anew for
 * every event, even through `labels()`, while here an event is an addition to a number that its owner holds.
 */
export interface Exposed {
  /** Not readonly: a registry of the OpenMetrics type takes `_total` off a counter's name. */
  name: string;
  readonly help: string;
  readonly type: Samples["type"];
  readonly aggregator: "sum";
  /** All labels in one record, for JSON and for `AggregatorRegistry`. */
  get(): Promise<JsonSamples>;
  /** Prepared for the text format: labels apart, so that their text can be cached. */
  getForPromString(): Promise<Samples>;
  /** Forgets everything; `Registry.resetMetrics()`. */
  reset(): void;
}

const none: Labels = Object.freeze({});

/** A sample all of whose labels are cached. */
export function sample(sharedLabels: Labels, value: number, metricName?: string): Sample {
  return { labels: none, sharedLabels, metricName, value };
}

/** The same samples with all labels in one record. */
export function whole(samples: Samples): JsonSamples {
  return {
    ...samples,
    values: samples.values.map(({ sharedLabels: labels, metricName, value }) => ({
      labels: { ...labels },
      value,
      ...(metricName !== undefined && { metricName }),
    })),
  };
}
