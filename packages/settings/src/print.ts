import { stringify } from "yaml";

import type { Setting } from "./setting.ts";
import type { Loaded } from "./settings.ts";
import { valueAt } from "./tree.ts";

/** The configuration as it counts, each value with where it came from; secrets are masked. */
export function printSettings<C>(settings: readonly Setting[], loaded: Loaded<C>): string {
  const lines = settings.map((setting) => {
    const { path } = setting;
    // Defaults within a section mean nothing where that is absent.
    const hasSection = !path.includes(".") || valueAt(loaded.config, path.split(".")[0]!) !== undefined;
    const value = valueAt(loaded.config, path) ?? (hasSection ? setting.default : undefined);
    if (value === undefined) return `# ${path}: not set\n`;
    const text = stringify({ [path]: masked(setting, value) }, { lineWidth: 0 }).trimEnd();
    const source = loaded.sources.get(path) ?? "default";
    return text.includes("\n") ? `# ${source}\n${text}\n` : `${text}  # ${source}\n`;
  });
  return [...lines, ...loaded.remarks.map((remark) => `# ${remark}\n`)].join("");
}

function masked({ secret, mask }: Setting, value: unknown): unknown {
  if (mask !== undefined) return mask(value as never);
  if (secret === "url") return withoutSecrets(String(value));
  if (secret === "whole")
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.keys(value).map((key) => [key, "***"]))
      : "***";
  return value;
}

/** A URL as it may be shown: its password, and all values behind a `?`, are masked. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/[^:@/]*):.*@/i, "$1:***@")
    .replaceAll(/([?&][^=&#]+)=(?!\{id\}(?:[&#]|$))[^&#]+/g, "$1=***");
}
