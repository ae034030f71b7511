import type { Source } from "@fleet/backfill";

import type { Config } from "../config/config-schema.ts";
import { readNamed } from "../config/read-named.ts";
import { ConfigurationError } from "../errors.ts";

/**
 * Where the ids come from; undefined where nothing is configured, for a run that exists.
 *
 * @throws ConfigurationError, when the ids are not what they should be.
 */
export async function readSource(config: Config): Promise<Source | undefined> {
  const { range, ids, idsFile, stream, list } = config;
  if (range !== undefined) return { kind: "range", ...range };
  if (ids !== undefined) return { kind: "ids", ids: checked("ids", ids, config.idPattern) };
  if (idsFile !== undefined)
    return { kind: "ids", ids: checked(idsFile, await lines(idsFile), config.idPattern) };
  if (stream !== undefined)
    return {
      kind: "stream",
      key: stream,
      group: config.streamGroup,
      ...(config.streamStart !== undefined && { start: config.streamStart }),
      ...(config.adoptAfterMs !== undefined && { adoptAfterMs: config.adoptAfterMs }),
    };
  if (list === undefined) return undefined;
  return { kind: "list", key: list, ...(config.listSide !== undefined && { side: config.listSide }) };
}

async function lines(path: string): Promise<readonly string[]> {
  const text = (await readNamed("idsFile", path)).toString("utf8");
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Each id once, each as it should look. */
function checked(where: string, ids: readonly string[], pattern: string): readonly string[] {
  if (ids.length === 0) throw new ConfigurationError([`${where}: expected at least one id, got none`]);
  const whole = new RegExp(`^(?:${pattern})$`, "u");
  const strange = ids.filter((id) => !whole.test(id));
  const faults: string[] = [];
  if (strange.length > 0)
    faults.push(`${where}: expected ids like ${pattern} (idPattern), got ${named(strange)}`);
  const known = new Set<string>();
  const repeated = ids.filter((id) => known.size === known.add(id).size);
  if (repeated.length > 0)
    faults.push(`${where}: expected each id once, got more than one of ${named(repeated)}`);
  if (faults.length > 0) throw new ConfigurationError(faults);
  return ids;
}

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map((id) => JSON.stringify(id.slice(0, 40)));
  return ids.length > 3 ? `${shown.join(", ")} and ${ids.length - 3} more` : shown.join(", ");
}
