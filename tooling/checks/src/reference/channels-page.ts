import type { DocumentedChannel, Field } from "./channels.ts";
import { heading, table } from "./markdown.ts";

const preface = `# Diagnostics channels

What the packages publish on \`node:diagnostics_channel\`. A payload is made only while the channel has a subscriber. No payload holds a
key, an argument, a value or a secret. This page is generated from the sources by \`pnpm reference\`; do not edit it.`;

export function channelsPage(channels: readonly DocumentedChannel[]): string {
  const parts = channels.map(({ name, payload, meaning, variants }) =>
    [
      heading(2, `\`${name}\``),
      meaning,
      payload === undefined ? "" : `Payload: \`${payload}\`${variants.length > 1 ? ", one of these:" : ""}`,
      ...variants.map(fieldTable),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  );
  return `${[preface, ...parts].join("\n\n")}\n`;
}

function fieldTable(fields: readonly Field[]): string {
  return table(
    ["field", "type", "meaning"],
    fields.map(({ name, type, meaning, isOptional }) => [
      `\`${name}${isOptional ? "?" : ""}\``,
      type,
      meaning === "" ? "-" : meaning,
    ]),
  );
}

/** Channels whose payload no doc comment describes, and payloads that are not named as events, one line each. */
export function gapsOfChannels(channels: readonly DocumentedChannel[]): readonly string[] {
  return channels.flatMap(({ name, payload }) => {
    if (payload === undefined) return [`the channel ${name} is named by no doc comment of a payload's type`];
    return /(?:Event|Change)$/.test(payload)
      ? []
      : [`the payload of ${name} is called ${payload}, not ...Event`];
  });
}
