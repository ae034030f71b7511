import { z } from "zod";

import { type Section, setting } from "./setting.ts";
import { count, text, url } from "./values.ts";

/** The hub that is asked for each id, and how fast. */
export interface HubConfig {
  readonly hubUrl?: string | undefined;
  readonly hubToken?: string | undefined;
  readonly hubHeaders: Readonly<Record<string, string>>;
  readonly hubMaxBytes: number;
  readonly hubProbe: boolean;
  readonly hubConcurrency: number;
  readonly requestsPerSecond: number;
  readonly burst?: number | undefined;
}

/** A number of anything: the limits must be able to say that there is none. */
const rate = z.union(
  [z.number().positive(), z.literal("unlimited").transform(() => Infinity)],
  'expected a number above 0, or "unlimited"',
);

export const hubSettings: Section<HubConfig> = {
  hubUrl: setting(
    url(/^https?:\/\//, "expected an http:// or https:// URL")
      .refine((value) => value.includes("{id}"), "expected {id} where the id goes")
      .optional(),
    "start",
    "text <url>",
    "what to GET for an id, with {id} in its place: http://hub/v1/casts/{id}",
    { secret: "url" },
  ),
  hubToken: setting(text.optional(), "start", "text", "sent to the hub as a bearer token", {
    secret: "whole",
  }),
  hubHeaders: setting(
    z.record(z.string(), z.string()).default({}),
    "start",
    "structure",
    "further headers for the hub; in the variable as YAML or JSON",
    { secret: "whole" },
  ),
  hubMaxBytes: setting(
    count(1, 536_870_912).default(16_777_216),
    "start",
    "number <bytes>",
    "largest answer of the hub that is read",
  ),
  hubProbe: setting(
    z.boolean().default(true),
    "start",
    "boolean",
    "ask the hub before the start, and refuse one that has a page of HTML and 404 for all that is asked for",
  ),
  hubConcurrency: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "fetches at a time, of this worker",
    { alias: ["CONCURRENCY", (value) => value] },
  ),
  requestsPerSecond: setting(
    rate.default(10),
    "start",
    "number <count>",
    'fetches per second, of all workers of the run together; or "unlimited"',
  ),
  burst: setting(
    count(1).optional(),
    "start",
    "number <count>",
    "fetches that may go at once after a quiet time; a hundredth of the rate, at least 1",
  ),
};
