import { stringify } from "yaml";

import { settings } from "./config-schema.ts";
import type { LoadedConfig } from "./config.ts";

/** The configuration as it counts, a value a block with where it came from. Digests are masked; references to secrets are none. */
export function printConfig({ config, sources }: LoadedConfig): string {
  const masked = { ...config, tokens: config.tokens.map((token) => ({ ...token, digest: "***" })) };
  return settings
    .map(({ path }) => {
      const value = path
        .split(".")
        .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], masked);
      if (value === undefined) return `# ${path}: not set\n`;
      return `# ${sources.get(path)}\n${stringify({ [path]: value })}`;
    })
    .join("");
}
