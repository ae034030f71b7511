import { stringify } from "yaml";

import type { LoadedConfig } from "../config.ts";
import { settings } from "./config-schema.ts";

/** The configuration as it counts, each value with where it came from. Digests are masked; a reference to a secret is none. */
export function printConfig({ config, sources }: LoadedConfig): string {
  const masked = { ...config, tokens: config.tokens.map((token) => ({ ...token, digest: "***" })) };
  return settings
    .map(({ path, kind }) => {
      const value = path
        .split(".")
        .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], masked);
      if (value === undefined) return `# ${path}: not set\n`;
      const text = stringify({ [path]: value });
      return kind === "structure" || kind === "list"
        ? `# ${sources.get(path)}\n${text}`
        : `${text.trimEnd()}  # ${sources.get(path)}\n`;
    })
    .join("");
}
