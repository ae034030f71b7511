import { readdirSync } from "node:fs";

import { InvalidOptionError } from "../errors.ts";
import type { Scenario } from "./scenario.ts";

const folder = new URL("../scenarios/", import.meta.url);

/** The names of all scenarios, which are those of the files. */
export function scenarioNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .toSorted();
}

/** Loads the named scenarios, in the order given; without a name all of them. */
export async function loadScenarios(names: readonly string[] = []): Promise<readonly Scenario[]> {
  const known = scenarioNames();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new InvalidOptionError(`no scenario is named ${unknown.join(", ")}; there are ${known.join(", ")}`);
  return Promise.all((names.length > 0 ? names : known).map(loadScenario));
}

async function loadScenario(name: string): Promise<Scenario> {
  const exported = Object.values((await import(new URL(`${name}.ts`, folder).href)) as object);
  if (exported.length !== 1)
    throw new TypeError(`scenarios/${name}.ts exports ${exported.length} things, not one`);
  return exported[0] as Scenario;
}
