import type { ServiceRecord } from "./objects.ts";
import { labelPattern, pattern } from "./pattern.ts";
import { isPortCalled } from "./ports.ts";
import type { Profile, ServiceKind } from "./profile.ts";
import { Relabelling } from "./relabel.ts";
import { settingsOf } from "./settings.ts";
import type { ReadSettings } from "./settings.ts";
import { expand } from "./template.ts";
import type { Variables } from "./template.ts";

/** What a profile sees in a Service. */
export interface Recognition {
  readonly profile: Profile;
  /** The name of the instance, as the profile finds it. */
  readonly instance: string;
  /** What distinguishes it from others of its name. */
  readonly part: string;
  /** Services of one release have this in common within their namespace. */
  readonly release: string;
  readonly kind: ServiceKind;
  /** The release's own name, as the names of its Services and Secrets begin. */
  readonly full: string;
  readonly settings: ReadSettings;
  readonly relabelled: ReadonlyMap<string, string> | undefined;
}

type Labels = Readonly<Record<string, string>>;

interface Rule {
  readonly kind: ServiceKind;
  readonly name: ReturnType<typeof pattern>;
  readonly labels: ReturnType<typeof labelPattern>;
}

/** A profile, ready to be held against Services. */
export class Convention {
  readonly profile: Profile;
  readonly #labels: ReturnType<typeof labelPattern>;
  readonly #port: ReturnType<typeof pattern> | undefined;
  readonly #relabelling: Relabelling | undefined;
  readonly #templates: readonly string[];
  readonly #instance: ReturnType<typeof pattern>;
  readonly #rules: readonly Rule[];

  /** @throws SyntaxError when a pattern is no regular expression. */
  constructor(profile: Profile) {
    this.profile = profile;
    this.#labels = labelPattern(profile.labels ?? {});
    this.#port = profile.port === undefined ? undefined : pattern(profile.port);
    this.#relabelling = profile.relabel === undefined ? undefined : new Relabelling(profile.relabel);
    this.#templates = [profile.instance ?? []].flat();
    this.#instance = pattern(profile.instancePattern ?? "(.+)");
    this.#rules = (profile.services ?? []).map(({ kind, name = "(.+)", labels = {} }) => ({
      kind,
      name: pattern(name),
      labels: labelPattern(labels),
    }));
  }

  /** Whether an annotation has to be kept for it. */
  readsAnnotation(name: string): boolean {
    return (
      this.#templates.some((template) => template.includes(`{annotation:${name}}`)) ||
      this.#relabelling?.readsAnnotation(name) === true
    );
  }

  /**
   * Whether Services with these labels may be of this convention. Slices bear the labels of their Service and nothing else of
   * it, so this may say yes where `recognise` says no.
   */
  mayBe(labels: Labels): boolean {
    return this.#labels(labels);
  }

  /** What this profile sees in a Service; undefined when it is none of its own. */
  recognise(service: ServiceRecord): Recognition | undefined {
    if (!this.#labels(service.labels)) return undefined;
    const matches = this.#port;
    if (matches !== undefined && !service.ports.some((port) => isPortCalled(port, matches))) return undefined;
    const relabelled = this.#relabelling?.apply(service);
    if (relabelled === undefined && this.#relabelling !== undefined) return undefined;
    const instance = this.#instanceOf(service, relabelled);
    if (instance === undefined) return undefined;
    const { grouped = true, name } = this.profile;
    const part = expand(this.profile.part ?? name, variablesOf(service)) ?? name;
    const release = `${name}/${grouped ? instance : `${instance}/${behind(service)}`}/${part}`;
    const { kind, full } = this.#classify(service);
    const settings = settingsOf(service, relabelled);
    return {
      profile: this.profile,
      instance,
      part,
      release,
      kind: settings.values.service ?? kind,
      full,
      settings,
      relabelled,
    };
  }

  #instanceOf(
    service: ServiceRecord,
    relabelled: ReadonlyMap<string, string> | undefined,
  ): string | undefined {
    const set = relabelled?.get("instance");
    if (set !== undefined) return set;
    const variables = variablesOf(service);
    for (const template of this.#templates) {
      const text = expand(template, variables);
      if (text === undefined) continue;
      const groups = this.#instance(text);
      if (groups !== undefined) return groups[1] ?? groups[0];
    }
    return undefined;
  }

  #classify(service: ServiceRecord): { readonly kind: ServiceKind; readonly full: string } {
    for (const { kind, name, labels } of this.#rules) {
      const groups = name(service.name);
      if (groups !== undefined && labels(service.labels)) return { kind, full: groups[1] ?? service.name };
    }
    return { kind: "all", full: service.name };
  }
}

/** What leads to the same Pods under one name, as the Services of a StatefulSet do, is one instance. */
function behind({ name, selector = {} }: ServiceRecord): string {
  const labels = Object.entries(selector).map(([label, value]) => `${label}=${value}`);
  return labels.length === 0 ? name : labels.toSorted().join();
}

/** The variables that a Service alone answers. */
export function variablesOf(service: ServiceRecord): Variables {
  return (name) => {
    if (name === "namespace") return service.namespace;
    if (name === "service") return service.name;
    if (name.startsWith("label:")) return service.labels[name.slice("label:".length)];
    if (name.startsWith("annotation:")) return service.annotations[name.slice("annotation:".length)];
    return undefined;
  };
}
