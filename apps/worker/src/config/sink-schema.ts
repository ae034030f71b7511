import { type Section, setting } from "./setting.ts";
import { count, text } from "./values.ts";

/** Where the records go, and how many writes at a time. */
export interface SinkConfig {
  readonly sink: string;
  readonly sinkTable: string;
  readonly databaseConcurrency: number;
}

export const sinkSettings: Section<SinkConfig> = {
  sink: setting(
    text
      .regex(
        /^(?:pglite|ndjson):.+|^(?:postgres(?:ql)?|rediss?):\/\/.+/,
        "expected pglite:FOLDER, postgres://..., redis://... or ndjson:FILE",
      )
      .default("pglite:fleet-data"),
    "sink",
    "sink <where>",
    "pglite:FOLDER (an embedded Postgres), postgres://..., redis://... or ndjson:FILE",
    { secret: "url" },
  ),
  sinkTable: setting(
    text
      .regex(/^[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}_][\p{L}\p{N}_$]*)?$/u, "expected TABLE or SCHEMA.TABLE")
      .default("fleet_records"),
    "sink",
    "text <table>",
    "the table in Postgres, created where it does not exist",
  ),
  databaseConcurrency: setting(
    count(1, 1000).default(8),
    "start",
    "number <count>",
    "writes at a time, of this worker",
  ),
};
