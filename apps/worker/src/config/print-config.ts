import { stringify } from "yaml";

import { settings } from "./config-schema.ts";
import type { LoadedConfig } from "./config.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** The configuration as it counts, each value with where it came from; secrets are masked. */
export function printConfig({ config, sources }: LoadedConfig): string {
  return settings
    .map(({ name, secret }) => {
      const value = (config as unknown as Readonly<Record<string, unknown>>)[name];
      if (value === undefined) return `# ${name}: not set\n`;
      const text = stringify({ [name]: printed(value, secret) }).trimEnd();
      const source = sources.get(name) ?? "default";
      return text.includes("\n") ? `# ${source}\n${text}\n` : `${text}  # ${source}\n`;
    })
    .join("");
}

function printed(value: unknown, secret: "whole" | "url" | undefined): unknown {
  if (secret === "url") return withoutSecrets(String(value));
  if (secret === "whole")
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.keys(value).map((key) => [key, "***"]))
      : "***";
  if (value === Infinity) return "unlimited";
  if (typeof value === "object" && value !== null && "from" in value && "to" in value)
    return `${String(value.from)}..${String(value.to)}`;
  return value;
}
