import type { CommandRow } from "../command-row.ts";
import { bitmaps } from "./bitmaps.ts";
import { channels } from "./channels.ts";
import { connection } from "./connection.ts";
import { expiry } from "./expiry.ts";
import { geo } from "./geo.ts";
import { hashes } from "./hashes.ts";
import { hyperloglogs } from "./hyperloglogs.ts";
import { keys } from "./keys.ts";
import { keyspace } from "./keyspace.ts";
import { lists } from "./lists.ts";
import { json } from "./modules/json.ts";
import { probabilistic } from "./modules/probabilistic.ts";
import { search } from "./modules/search.ts";
import { timeSeries } from "./modules/time-series.ts";
import { scripting } from "./scripting.ts";
import { server } from "./server.ts";
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
  channels,
  scripting,
  server,
  json,
  probabilistic,
  "time series": timeSeries,
  search,
};
