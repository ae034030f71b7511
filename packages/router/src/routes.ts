import { checkKnownOptions, printed } from "@fleet/options";

import { InvalidOptionError } from "./errors.ts";
import { buildRoute, type Route } from "./route.ts";
import { targetRules, vacancyRules } from "./router-rules.ts";
import { Slot } from "./slot.ts";
import type { Target, Vacancy } from "./target.ts";

/** What is behind the name of one instance: its targets, or why it has none. With an empty list the name is not known. */
export type Members<T extends Target> = readonly T[] | Vacancy;

interface Known<T extends Target> {
  readonly route: Route<T>;
  /** As they were given: by now a target may name another. */
  readonly groups: readonly string[];
}

interface Group<T extends Target> {
  readonly instances: Set<string>;
  route: Route<T> | undefined;
}

/** The lists of every name. A change rebuilds those of the instances in it, and of their groups. */
export class Routes<T extends Target> {
  readonly #random: () => number;
  readonly #slots = new Map<string, Slot<T>>();
  readonly #instances = new Map<string, Known<T>>();
  readonly #groups = new Map<string, Group<T>>();

  constructor(random: () => number) {
    this.#random = random;
  }

  get slots(): Iterable<Slot<T>> {
    return this.#slots.values();
  }

  instance(name: string): Route<T> | undefined {
    return this.#instances.get(name)?.route;
  }

  group(name: string): Route<T> | undefined {
    return this.#groups.get(name)?.route;
  }

  /** From now on there are these, and only these. @throws InvalidOptionError as `replace` does */
  update(targets: readonly T[]): void {
    const changes = new Map<string, Members<T>>();
    for (const name of this.#instances.keys()) changes.set(name, []);
    for (const [name, members] of Map.groupBy(targets, ({ instance }) => instance))
      changes.set(name, members);
    this.replace(changes);
  }

  /** @throws InvalidOptionError when an id stands twice, or a target under another name; then nothing is changed. */
  replace(changes: ReadonlyMap<string, Members<T>>): void {
    const ids = this.#check(changes);
    const regroup = new Set<string>();
    for (const name of changes.keys())
      for (const { target } of this.#instances.get(name)?.route.instances[0] ?? [])
        if (!ids.has(target.id)) this.#slots.delete(target.id);
    for (const [name, members] of changes) this.#set(name, members, regroup);
    for (const name of regroup) this.#rebuildGroup(name);
  }

  /** The ids of all targets in the changes. */
  #check(changes: ReadonlyMap<string, Members<T>>): ReadonlySet<string> {
    const seen = new Set<string>();
    for (const [name, members] of changes) {
      if ("reason" in members) {
        checkKnownOptions(members, vacancyRules, InvalidOptionError);
        continue;
      }
      for (const target of members) {
        checkKnownOptions(target, targetRules, InvalidOptionError);
        const { id, instance } = target;
        const owner = this.#slots.get(id)?.target.instance;
        if (seen.has(id) || (owner !== undefined && !changes.has(owner)))
          throw new InvalidOptionError("id", "unique among targets", printed(id));
        if (instance !== name)
          throw new InvalidOptionError(
            "instance",
            `the name that ${id} stands under (${name})`,
            printed(instance),
          );
        seen.add(id);
      }
    }
    return seen;
  }

  #set(name: string, members: Members<T>, regroup: Set<string>): void {
    const known = this.#instances.get(name);
    const groups = groupsOf(members);
    for (const group of groups) this.#groupOf(group).instances.add(name);
    for (const group of known?.groups ?? []) {
      regroup.add(group);
      if (!groups.includes(group)) this.#groups.get(group)?.instances.delete(name);
    }
    for (const group of groups) regroup.add(group);
    if ("reason" in members) {
      this.#instances.set(name, {
        route: buildRoute([], known?.route, this.#random, members.reason),
        groups,
      });
    } else if (members.length === 0) {
      this.#instances.delete(name);
    } else {
      const slots = members.map((target) => {
        const slot = this.#slots.get(target.id) ?? new Slot(target);
        slot.target = target;
        this.#slots.set(target.id, slot);
        return slot;
      });
      this.#instances.set(name, { route: buildRoute([slots], known?.route, this.#random), groups });
    }
  }

  #groupOf(name: string): Group<T> {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { instances: new Set(), route: undefined };
      this.#groups.set(name, group);
    }
    return group;
  }

  #rebuildGroup(name: string): void {
    const group = this.#groupOf(name);
    if (group.instances.size === 0) {
      this.#groups.delete(name);
      return;
    }
    const slots: Slot<T>[][] = [];
    // What is only without endpoints may have some soon: that is the better news.
    let cluster = true;
    for (const instance of group.instances) {
      const route = this.#instances.get(instance)?.route;
      const members = route?.instances[0]?.filter(({ target }) => target.group === name) ?? [];
      if (members.length > 0) slots.push(members);
      if (route?.vacancy !== "cluster") cluster = false;
    }
    group.route = buildRoute(slots, group.route, this.#random, cluster ? "cluster" : "no-endpoints");
  }
}

function groupsOf<T extends Target>(members: Members<T>): readonly string[] {
  if ("reason" in members) return members.group === undefined ? [] : [members.group];
  const groups: string[] = [];
  for (const { group } of members) if (group !== undefined && !groups.includes(group)) groups.push(group);
  return groups;
}
