import { heading, table } from "./markdown.ts";

/** A setting of an app, as its schema has it. */
export interface DocumentedSetting {
  /** Its place in the file. */
  readonly path: string;
  readonly env: string;
  /** With what it takes. */
  readonly flag?: string | undefined;
  readonly description: string;
  readonly default?: unknown;
  readonly expected?: string | undefined;
}

/** @param app the command: `fleet-gateway`. */
export function settingsPage(app: string, settings: readonly DocumentedSetting[]): string {
  const sections = Map.groupBy(settings, ({ path }) => (path.includes(".") ? path.split(".")[0]! : ""));
  const preface = `# Settings of \`${app}\`

A flag has more weight than the environment, that than the file, that than the preset, that than the default. \`${app} --print-config\` shows the
effective values and where each is from. This page is generated from the sources by \`pnpm reference\`; do not edit it.`;
  const ordered = [...sections].toSorted(([a], [b]) => Number(a !== "") - Number(b !== ""));
  const parts = ordered.flatMap(([section, listed]) => [
    ...(section === "" ? [] : [heading(2, `\`${section}\``)]),
    table(
      ["setting", "variable", "flag", "must be", "default", "meaning"],
      listed.map((setting) => [
        `\`${setting.path}\``,
        `\`${setting.env}\``,
        setting.flag === undefined ? "-" : `\`${setting.flag.split(" ")[0]}\``,
        setting.expected ?? "-",
        shown(setting.default),
        setting.description,
      ]),
    ),
  ]);
  return `${[preface, ...parts].join("\n\n")}\n`;
}

function shown(value: unknown): string {
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return "-";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** Settings without a meaning, one line each. */
export function gapsOfSettings(app: string, settings: readonly DocumentedSetting[]): readonly string[] {
  return settings
    .filter(({ description }) => description === "")
    .map(({ path }) => `${app}: the setting ${path} has no description`);
}
