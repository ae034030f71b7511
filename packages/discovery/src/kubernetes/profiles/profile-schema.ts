import { z } from "zod";

import { pathText } from "../../instance/fault.ts";
import { pattern } from "./pattern.ts";
import type { Profile } from "./profile.ts";

const text = z.string({ error: "must be a string" }).min(1, { error: "must not be empty" });
const regex = z.string({ error: "must be a string" }).check(({ value, issues }) => {
  try {
    pattern(value);
  } catch {
    issues.push({ code: "custom", message: "must be a regular expression", input: value });
  }
});
const regexByLabel = z.record(text, regex, { error: "must be a record of labels" });
const port = z
  .int({ error: "must be an integer from 1 to 65535" })
  .min(1, { error: "must be an integer from 1 to 65535" })
  .max(65_535, { error: "must be an integer from 1 to 65535" });

const record = { error: "must be a record" };

const serviceRule = z.strictObject(
  {
    kind: z.enum(["primary", "replicas", "all", "headless", "sentinel", "ignore"], {
      error: "must be one of primary, replicas, all, headless, sentinel, ignore",
    }),
    name: regex.optional(),
    labels: regexByLabel.optional(),
  },
  record,
);

const sign = z.strictObject(
  {
    chart: regex.optional(),
    name: regex.optional(),
    labels: regexByLabel.optional(),
    port: regex.optional(),
    appProtocol: text.optional(),
  },
  record,
);

const relabelRule = z
  .strictObject(
    {
      sourceLabels: z.array(text, { error: "must be a list of labels" }).optional(),
      separator: z.string().optional(),
      regex: regex.optional(),
      targetLabel: text.optional(),
      replacement: z.string().optional(),
      action: z
        .enum(["replace", "keep", "drop", "labelmap"], {
          error: "must be one of replace, keep, drop, labelmap",
        })
        .optional(),
    },
    record,
  )
  .refine(({ action = "replace", targetLabel }) => action !== "replace" || targetLabel !== undefined, {
    error: "must have a targetLabel, or another action than replace",
  });

const profileWith = <L extends z.ZodType>(labels: L) =>
  z
    .strictObject(
      {
        name: z
          .string({ error: "must be a string" })
          .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, { error: "must be a DNS label" }),
        labels: labels.optional(),
        signs: z.array(sign, { error: "must be a list of signs" }).optional(),
        port: regex.optional(),
        relabel: z.array(relabelRule, { error: "must be a list of rules" }).optional(),
        instance: z.union([text, z.array(text)], { error: "must be a text with variables" }).optional(),
        instancePattern: regex.optional(),
        part: text.optional(),
        grouped: z.boolean({ error: "must be true or false" }).optional(),
        services: z.array(serviceRule, { error: "must be a list of rules" }).optional(),
        containerPort: port.optional(),
        binding: text.optional(),
        passwords: z.array(text, { error: "must be a list" }).optional(),
        tlsSecret: text.optional(),
        tlsPorts: z.array(port, { error: "must be a list of numbers" }).optional(),
        sentinelMaster: text.optional(),
        cluster: z.literal(true, { error: "must be true" }).optional(),
      },
      record,
    )
    .refine(({ instance, relabel = [] }) => instance !== undefined || relabel.some(maySetInstance), {
      error: "must say where the name of an instance is: by instance, or by a rule with that targetLabel",
    });

const withLabels = profileWith(regexByLabel);
const withAlternatives = profileWith(z.array(regexByLabel).min(1, { error: "must not be empty" }));

function maySetInstance({ action, targetLabel }: z.infer<typeof relabelRule>): boolean {
  return action === "labelmap" || targetLabel === "instance";
}

/** What is wrong with a profile of the caller's own, each fault with its path. */
export function profileFaults(input: Profile): readonly string[] {
  const result = (Array.isArray((input as Profile | null)?.labels) ? withAlternatives : withLabels).safeParse(
    input,
  );
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => `${pathText([...issue.path, key])} is not a known field`);
    return [[pathText(issue.path), issue.message].filter((part) => part !== "").join(" ")];
  });
}
