import { count, setting, text } from "@fleet/settings";
import type { Section } from "@fleet/settings";
import { z } from "zod";

import { url } from "./values.ts";

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
    {
      description: "what to GET for an id, with {id} in its place: http://hub/v1/casts/{id}",
      kind: "text",
      takes: "<url>",
      scope: "start",
      secret: "url",
    },
  ),
  hubToken: setting(text.optional(), {
    description: "sent to the hub as a bearer token",
    kind: "text",
    scope: "start",
    secret: "whole",
  }),
  hubHeaders: setting(z.record(z.string(), z.string()).default({}), {
    description: "further headers for the hub; in the variable as YAML or JSON",
    kind: "structure",
    scope: "start",
    secret: "whole",
  }),
  hubMaxBytes: setting(count(1, 536_870_912).default(16_777_216), {
    description: "largest answer of the hub that is read",
    takes: "<bytes>",
    scope: "start",
  }),
  hubProbe: setting(z.boolean().default(true), {
    description:
      "ask the hub before the start, and refuse one that has a page of HTML and 404 for all that is asked for",
    scope: "start",
  }),
  hubConcurrency: setting(count(1).default(5), {
    description: "fetches at a time, of this worker",
    takes: "<count>",
    scope: "start",
  }),
  requestsPerSecond: setting(rate.default(10), {
    mask: (most: number) => (most === Infinity ? "unlimited" : most),
    description: 'fetches per second, of all workers of the run together; or "unlimited"',
    kind: "number",
    takes: "<count>",
    scope: "start",
  }),
  burst: setting(count(1).optional(), {
    description: "fetches that may go at once after a quiet time; a hundredth of the rate, at least 1",
    takes: "<count>",
    scope: "start",
  }),
};
