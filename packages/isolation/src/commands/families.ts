import type { CommandRow } from "../command-row.ts";
import { bitmaps } from "./bitmaps.ts";
import { connection } from "./connection.ts";
import { expiry } from "./expiry.ts";
import { geo } from "./geo.ts";
import { hashes } from "./hashes.ts";
import { hyperloglogs } from "./hyperloglogs.ts";
import { keys } from "./keys.ts";
import { keyspace } from "./keyspace.ts";
import { lists } from "./lists.ts";
import { scripting } from "./scripting.ts";
import { sets } from "./sets.ts";
import { sortedSets } from "./sorted-sets.ts";
import { streams } from "./streams.ts";
import { strings } from "./strings.ts";
import { vectorSets } from "./vector-sets.ts";

/** Every allowed command, by family. What is not here is refused. */
export const families: Readonly<Record<string, readonly CommandRow[]>> = {
  strings,
  keys,
  expiry,
  bitmaps,
  hyperloglogs,
  hashes,
  lists,
  sets,
  "sorted sets": sortedSets,
  geo,
  streams,
  "vector sets": vectorSets,
  connection,
  keyspace,
  scripting,
};
