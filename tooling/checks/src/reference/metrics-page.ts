import { heading, table } from "./markdown.ts";
import type { Metric } from "./metrics.ts";

const preface = `# Metrics

What Prometheus can scrape. Durations are in seconds. \`endpoint\` is \`<instance>/<host>:<port>\`. No label holds a key, a value, a client or
a command. This page is generated from the sources by \`pnpm reference\`; do not edit it.

Useful alerts: \`fleet_discovery_source_state{state="stale"}\` or \`{state="failed"}\` is 1; \`fleet_discovery_resource_last_sync_age_seconds\`
grows; \`fleet_breaker_state{state="open"}\` is 1 for minutes; \`fleet_pool_waiting\` stays above 0.`;

export interface MetricsOwner {
  readonly name: string;
  readonly metrics: readonly Metric[];
}

export function metricsPage(owners: readonly MetricsOwner[]): string {
  const parts = owners.flatMap(({ name, metrics }) => [
    heading(2, name),
    table(
      ["metric", "type", "labels", "meaning"],
      metrics.map((metric) => [
        `\`${metric.name}\``,
        metric.type,
        metric.labels.length === 0 ? "-" : metric.labels.map((label) => `\`${label}\``).join(", "),
        metric.meaning,
      ]),
    ),
  ]);
  return `${[preface, ...parts].join("\n\n")}\n`;
}

/** Metrics without a meaning, and those whose labels the sample does not show. */
export function gapsOfMetrics({ name, metrics }: MetricsOwner): readonly string[] {
  return [
    ...(metrics.length === 0 ? [`${name}: no metric was found`] : []),
    ...metrics.filter(({ meaning }) => meaning === "").map((metric) => `${metric.name} has no help`),
    ...metrics
      .filter(({ isSeen }) => !isSeen)
      .map(
        (metric) => `${metric.name} has no series in the sample of tooling/checks/src/reference/metrics.ts`,
      ),
  ];
}
