import { plain } from "./fault.ts";
import type { Fault } from "./fault.ts";

type Path = Fault["path"];
type Fields = Readonly<Record<string, unknown>>;

/**
 * What stands twice in a list of instances: names, uids, addresses, primaries. Takes the list as it was written, so that
 * these faults are reported together with those of its shape.
 */
export function repetitionFaults(input: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  const names = new Set<unknown>();
  const uids = new Set<unknown>();
  const endpointUids = new Set<unknown>();
  const once = (seen: Set<unknown>, value: unknown, path: Path): boolean => {
    if (typeof value !== "string") return true;
    if (!seen.has(value)) {
      seen.add(value);
      return true;
    }
    faults.push({ path, message: `must not stand twice, got ${plain(value)} again` });
    return false;
  };

  for (const [i, instance] of items(fields(input)["instances"])) {
    const at: Path = ["instances", i];
    const { name, uid = name, endpoints } = instance;
    // A name that stands twice is its default uid twice, which is one fault and not two.
    if (once(names, name, [...at, "name"])) once(uids, uid, [...at, "uid"]);
    const addresses = new Set<unknown>();
    const primaries: string[] = [];
    for (const [e, { host, port, uid, role }] of items(endpoints)) {
      const address = typeof host === "string" ? `${host.toLowerCase()}:${String(port)}` : undefined;
      const identity =
        uid ?? (typeof name === "string" && address !== undefined ? `${name}/${address}` : undefined);
      if (once(addresses, address, [...at, "endpoints", e]))
        once(endpointUids, identity, [...at, "endpoints", e, "uid"]);
      if (role === "primary") primaries.push(plain(address));
    }
    if (primaries.length > 1)
      faults.push({
        path: [...at, "endpoints"],
        message: `must have at most one primary, got ${primaries.join(" and ")}`,
      });
  }
  return faults;
}

function items(list: unknown): readonly (readonly [number, Fields])[] {
  return Array.isArray(list) ? list.map((item, index) => [index, fields(item)] as const) : [];
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
