import { count, setting, text } from "@fleet/settings";
import type { Section } from "@fleet/settings";

/** Of a file or a folder, from where the configuration file lies. */
function sinkPath(sink: string, resolve: (path: string) => string): string {
  const [, scheme, path] = /^(pglite|ndjson):(.+)$/.exec(sink) ?? [];
  return path === undefined ? sink : `${scheme}:${resolve(path)}`;
}

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
    {
      description: "pglite:FOLDER (an embedded Postgres), postgres://..., redis://... or ndjson:FILE",
      resolve: sinkPath,
      takes: "<where>",
      scope: "sink",
      secret: "url",
    },
  ),
  sinkTable: setting(
    text
      .regex(/^[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}_][\p{L}\p{N}_$]*)?$/u, "expected TABLE or SCHEMA.TABLE")
      .default("fleet_records"),
    {
      description: "the table in Postgres, created where it does not exist",
      kind: "text",
      takes: "<table>",
      scope: "sink",
    },
  ),
  databaseConcurrency: setting(count(1, 1000).default(8), {
    description: "writes at a time, of this worker",
    takes: "<count>",
    scope: "start",
  }),
};
