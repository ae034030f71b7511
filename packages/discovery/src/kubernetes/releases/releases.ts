import type { Condition } from "../../instance/condition.ts";
import { equal } from "../../instance/equal.ts";
import type { Instance } from "../../instance/instance.ts";
import type { ConditionSet } from "../../source/condition-set.ts";
import { isOfCharts, releaseOfChart } from "../profiles/chart-family.ts";
import type { Conventions } from "../profiles/conventions.ts";
import type { ServiceRecord, SliceRecord } from "../profiles/objects.ts";
import { ByName } from "./by-name.ts";
import { division } from "./division.ts";
import type { Member } from "./member.ts";
import { byAge, nameTaken } from "./name-taken.ts";
import { namingCondition, Siblings } from "./siblings.ts";
import type { Naming } from "./siblings.ts";
import { Strangers } from "./strangers.ts";
import type { UnrecognisedService } from "./strangers.ts";
import { nothing, translate } from "./translate.ts";
import type { TranslateOptions, Translation } from "./translate.ts";

interface ReleasesOptions extends TranslateOptions {
  readonly conventions: Conventions;
  readonly conditions: ConditionSet;
}

/** Services that are one instance together, and what became of them. */
interface Release {
  readonly namespace: string;
  readonly key: string;
  /** What Services of it have in common by their labels; and by their names, where these labels are those of several releases. */
  readonly base: string;
  readonly stem: string | undefined;
  services: readonly ServiceRecord[];
  translation: Translation;
  naming: Naming;
  /** The first name under which it was served. */
  knownAs: string | undefined;
}

/**
 * Services and slices as they come and go, grouped into releases, and the instances that these are. A change marks its release;
 * `refresh` translates what is marked and nothing else. The result does not depend on the order of the changes.
 */
export class Releases {
  readonly #options: ReleasesOptions;
  readonly #services = new ByName<{ readonly record: ServiceRecord; readonly release: Release }>();
  readonly #slices = new ByName<readonly SliceRecord[]>();
  readonly #releases = new ByName<Release>();
  readonly #marked = new Set<Release>();
  /** What their names begin with, of releases that have one base: once they were several, they stay so. */
  readonly #stems = new ByName<Set<string>>();
  readonly #claims = new Map<string, readonly Release[]>();
  readonly #served = new Map<Release, Instance>();
  readonly #siblings = new Siblings<Release>();
  readonly #strangers = new Strangers((namespace, base) => this.#sharing(namespace, base).length > 0);
  #strangersChanged = false;
  #instances: readonly Instance[] | undefined;

  constructor(options: ReleasesOptions) {
    this.#options = options;
  }

  /** Those that are served; the same list until one of them changes. */
  get instances(): readonly Instance[] {
    if (this.#instances !== undefined) return this.#instances;
    for (const [release, { name }] of this.#served) release.knownAs ??= name;
    this.#instances = Object.freeze([...this.#served.values()]);
    return this.#instances;
  }

  /** How much changed that `refresh` has not looked at. */
  get marked(): number {
    return this.#marked.size + Number(this.#strangersChanged);
  }

  /** Services that look like Redis and are none of ours, by namespace and name. */
  get unrecognised(): readonly UnrecognisedService[] {
    return this.#strangers.list;
  }

  /** Whether a Service belongs to a release. */
  has(namespace: string, service: string): boolean {
    return this.#services.get(namespace, service) !== undefined;
  }

  putService(record: ServiceRecord): void {
    const { namespace, name } = record;
    const before = this.#services.get(namespace, name);
    const base = this.#options.conventions.releaseOf(record);
    if (before !== undefined && before.release.base !== base) this.dropService(before.record);
    if (base === undefined) {
      this.#putStranger(record);
      return;
    }
    if (this.#strangers.forget(namespace, name)) this.#strangersChanged = true;
    const others = this.#sharing(namespace, base).filter((one) => one.name !== name);
    if (!isOfCharts(base) || (others.length === 0 && this.#stems.get(namespace, base) === undefined)) {
      this.#place(record, base, undefined);
      return;
    }
    const all = [...others, record];
    const stemOf = division(all);
    let stems = this.#stems.get(namespace, base);
    if (new Set(stemOf.values()).size > 1) this.#stems.set(namespace, base, (stems ??= new Set()));
    for (const one of stems === undefined ? [record] : all) {
      const stem = stems && stemOf.get(one.name)!;
      if (stem !== undefined) stems?.add(stem);
      if (one === record || this.#services.get(namespace, one.name)!.release.stem !== stem)
        this.#place(one, base, stem);
    }
  }

  /** Services with one base. */
  #sharing(namespace: string, base: string): readonly ServiceRecord[] {
    const stems = this.#stems.get(namespace, base);
    const keys = stems === undefined ? [base] : Array.from(stems, (stem) => `${base}/${stem}`);
    return keys.flatMap((key) => this.#releases.get(namespace, key)?.services ?? []);
  }

  #place(record: ServiceRecord, base: string, stem: string | undefined): void {
    const { namespace, name } = record;
    const key = stem === undefined ? base : `${base}/${stem}`;
    const held = this.#services.get(namespace, name)?.release;
    if (held !== undefined && held.key !== key) {
      held.services = held.services.filter((one) => one.name !== name);
      this.#marked.add(held);
    }
    let release = this.#releases.get(namespace, key);
    if (release === undefined) {
      release = {
        namespace,
        key,
        base,
        stem,
        services: [],
        translation: nothing,
        naming: "alone",
        knownAs: held?.knownAs,
      };
      this.#releases.set(namespace, key, release);
      this.#strangersChanged ||= this.#strangers.size > 0;
    }
    release.services = [...release.services.filter((one) => one.name !== name), record];
    this.#services.set(namespace, name, { record, release });
    this.#marked.add(release);
  }

  dropService(record: ServiceRecord): void {
    const { namespace, name, uid } = record;
    if (this.#strangers.drop(record)) this.#strangersChanged = true;
    const held = this.#services.get(namespace, name);
    // Its successor of the same name may have come first.
    if (held?.record.uid !== uid) return;
    held.release.services = held.release.services.filter((one) => one.name !== name);
    this.#services.delete(namespace, name);
    this.#marked.add(held.release);
  }

  putSlice(record: SliceRecord): void {
    const { namespace, service } = record;
    const others = this.#others(record);
    this.#slices.set(namespace, service, [...others, record]);
    this.#markService(namespace, service);
  }

  dropSlice(record: SliceRecord): void {
    const { namespace, service } = record;
    const others = this.#others(record);
    if (others.length > 0) this.#slices.set(namespace, service, others);
    else this.#slices.delete(namespace, service);
    this.#markService(namespace, service);
  }

  /** Translates at most so many of the marked releases. */
  refresh(most: number): void {
    let left = most;
    for (const release of this.#marked) {
      if (left === 0) return;
      left -= 1;
      this.#marked.delete(release);
      this.#refresh(release);
    }
    if (!this.#strangersChanged) return;
    this.#strangersChanged = false;
    this.#options.conditions.replace("unrecognised", this.#strangers.conditions);
  }

  /** The labels by which it selects its Pods say whose they may be. */
  #putStranger(service: ServiceRecord): void {
    const { selector, ...rest } = service;
    const key =
      selector === undefined ? undefined : this.#options.conventions.releaseOf({ ...rest, labels: selector });
    const keys =
      selector === undefined ? [] : [releaseOfChart(selector), ...(key === undefined ? [] : [key])];
    if (this.#strangers.put(service, keys)) this.#strangersChanged = true;
  }

  #others({ namespace, service, uid }: SliceRecord): readonly SliceRecord[] {
    return (this.#slices.get(namespace, service) ?? []).filter((one) => one.uid !== uid);
  }

  #markService(namespace: string, service: string): void {
    const held = this.#services.get(namespace, service);
    if (held !== undefined) this.#marked.add(held.release);
  }

  #refresh(release: Release): void {
    const { namespace, key } = release;
    const before = release.translation;
    release.translation = this.#translate(release);
    const renamed = this.#siblings.update(release, before);
    for (const other of renamed) if (other !== release) this.#marked.add(other);
    if (renamed.includes(release)) release.translation = this.#translate(release);
    const { instance } = release.translation;
    // Equal content is the same object, so that it is not looked at again.
    if (equal(before.instance, instance))
      release.translation = { ...release.translation, instance: before.instance };
    if (release.services.length === 0) {
      this.#releases.delete(namespace, key);
      this.#strangersChanged ||= this.#strangers.size > 0;
    }
    const names = new Set([before.instance?.name, instance?.name]);
    if (before.instance !== undefined) this.#unclaim(before.instance.name, release);
    if (instance !== undefined)
      this.#claims.set(instance.name, [...(this.#claims.get(instance.name) ?? []), release]);
    else {
      this.#unserve(release);
      this.#tell(release, release.translation.conditions);
    }
    for (const name of names) if (name !== undefined) this.#award(name);
  }

  #translate({ services, naming, stem }: Release): Translation {
    const { conventions } = this.#options;
    const members: Member[] = [];
    for (const [index, recognition] of conventions.recognise(services).entries()) {
      const service = services[index]!;
      if (recognition === undefined) {
        if (this.#strangers.put(service, [])) this.#strangersChanged = true;
        continue;
      }
      if (this.#strangers.forget(service.namespace, service.name)) this.#strangersChanged = true;
      members.push({ service, recognition, slices: this.#slicesOf(service) });
    }
    return members.length === 0 ? nothing : translate(members, this.#options, naming !== "alone", stem);
  }

  #slicesOf({ namespace, name, uid }: ServiceRecord): readonly SliceRecord[] {
    return (this.#slices.get(namespace, name) ?? []).filter(
      // Those of a Service that had this name before stay until they are collected.
      ({ owner }) => owner === undefined || owner === uid,
    );
  }

  #unclaim(name: string, release: Release): void {
    const others = (this.#claims.get(name) ?? []).filter((one) => one !== release);
    if (others.length > 0) this.#claims.set(name, others);
    else this.#claims.delete(name);
  }

  /** Gives a name to the oldest that claims it: the same one everywhere, whoever comes first. */
  #award(name: string): void {
    const [winner, ...others] = (this.#claims.get(name) ?? []).toSorted(byAge);
    if (winner === undefined) return;
    const instance = winner.translation.instance!;
    if (this.#served.get(winner) !== instance) {
      this.#served.set(winner, instance);
      this.#instances = undefined;
    }
    const naming = namingCondition(winner, winner.knownAs);
    this.#tell(winner, [...winner.translation.conditions, ...(naming === undefined ? [] : [naming])]);
    for (const loser of others) {
      this.#unserve(loser);
      this.#tell(loser, [...loser.translation.conditions, nameTaken(loser, winner)]);
    }
  }

  #unserve(release: Release): void {
    if (this.#served.delete(release)) this.#instances = undefined;
  }

  #tell({ namespace, key }: Release, conditions: readonly Condition[]): void {
    this.#options.conditions.replace(`${namespace}/${key}`, conditions);
  }
}
