import type { ServiceRecord } from "./objects.ts";
import { pattern } from "./pattern.ts";
import type { Groups } from "./pattern.ts";
import type { RelabelRule } from "./profile.ts";

type Labels = Map<string, string>;
/** Changes the labels; false drops the Service. */
type Step = (labels: Labels) => boolean;

const prefix = "__meta_kubernetes_service_";

/** Rules after Prometheus' `relabel_config`, compiled once. */
export class Relabelling {
  readonly #steps: readonly Step[];
  readonly #reads: readonly ((label: string) => boolean)[];

  constructor(rules: readonly RelabelRule[]) {
    this.#steps = rules.map(step);
    this.#reads = rules.map(({ action, sourceLabels = [], regex = "(.*)" }) => {
      if (action !== "labelmap") return (label) => sourceLabels.includes(label);
      const matches = pattern(regex);
      return (label) => matches(label) !== undefined;
    });
  }

  /** Whether a rule looks at this annotation, so that it has to be kept. */
  readsAnnotation(name: string): boolean {
    const suffix = sanitised(name);
    return this.#reads.some(
      (reads) => reads(`${prefix}annotation_${suffix}`) || reads(`${prefix}annotationpresent_${suffix}`),
    );
  }

  /** What the rules make of a Service: every label they leave without `__` in front; undefined where they drop it. */
  apply(service: ServiceRecord): ReadonlyMap<string, string> | undefined {
    const labels = metaLabels(service);
    for (const step of this.#steps) if (!step(labels)) return undefined;
    for (const label of labels.keys()) if (label.startsWith("__")) labels.delete(label);
    return labels;
  }
}

function step(rule: RelabelRule): Step {
  const { action = "replace", sourceLabels = [], separator = ";", regex = "(.*)" } = rule;
  const { targetLabel = "", replacement = "$1" } = rule;
  const matches = pattern(regex);
  const groupsOf = (labels: Labels): Groups | undefined =>
    matches(sourceLabels.map((label) => labels.get(label) ?? "").join(separator));
  const steps: Readonly<Record<NonNullable<RelabelRule["action"]>, Step>> = {
    keep: (labels) => groupsOf(labels) !== undefined,
    drop: (labels) => groupsOf(labels) === undefined,
    replace: (labels) => {
      const groups = groupsOf(labels);
      if (groups === undefined) return true;
      const value = filled(replacement, groups);
      if (value === "") labels.delete(targetLabel);
      else labels.set(targetLabel, value);
      return true;
    },
    labelmap: (labels) => {
      for (const [label, value] of new Map(labels)) {
        const groups = matches(label);
        if (groups !== undefined) labels.set(filled(replacement, groups), value);
      }
      return true;
    },
  };
  return steps[action];
}

function filled(replacement: string, groups: Groups): string {
  return replacement.replace(/\$(?:(\d+)|\{(\d+)\})/g, (_, plain?: string, braced?: string) => {
    return groups[Number(plain ?? braced)] ?? "";
  });
}

/** A Service as Prometheus shows it to its rules. */
function metaLabels(service: ServiceRecord): Labels {
  const labels: Labels = new Map([
    ["__meta_kubernetes_namespace", service.namespace],
    [`${prefix}name`, service.name],
    [`${prefix}type`, service.type],
  ]);
  if (service.clusterIp !== undefined) labels.set(`${prefix}cluster_ip`, service.clusterIp);
  if (service.externalName !== undefined) labels.set(`${prefix}external_name`, service.externalName);
  const add = (kind: string, record: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(record)) {
      const suffix = sanitised(name);
      labels.set(`${prefix}${kind}_${suffix}`, value);
      labels.set(`${prefix}${kind}present_${suffix}`, "true");
    }
  };
  add("label", service.labels);
  add("annotation", service.annotations);
  return labels;
}

function sanitised(name: string): string {
  return name.replace(/\W/g, "_");
}
