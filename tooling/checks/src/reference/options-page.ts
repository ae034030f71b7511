import { heading, table } from "./markdown.ts";
import { isValue } from "./options.ts";
import type { OptionsType } from "./options.ts";

/** A package, and the types of options that it exports. */
export interface OptionsOwner {
  readonly name: string;
  readonly types: readonly OptionsType[];
}

const preface = `# Options

Every option that a package takes. Options are checked where they are given: a wrong value, or an option that does not exist, is refused
with a code that ends in \`_INVALID_OPTION\`. This page is generated from the sources by \`pnpm reference\`; do not edit it.

The settings of the apps are in their READMEs: [gateway](../../apps/gateway/README.md), [worker](../../apps/worker/README.md).`;

export function optionsPage(owners: readonly OptionsOwner[]): string {
  const parts = owners
    .filter(({ types }) => types.length > 0)
    .flatMap(({ name, types }) => [
      heading(2, name),
      ...types.map(({ name: type, meaning, usedBy, options }) =>
        [
          heading(3, `\`${type}\``),
          [usedBy.length === 0 ? "" : `For ${list(usedBy)}.`, meaning]
            .filter((text) => text !== "")
            .join(" "),
          table(
            ["option", "must be", "unit", "default", "meaning"],
            options.map((option) => [
              `\`${option.name}\``,
              option.mustBe,
              option.unit ?? "-",
              defaultOf(option.default),
              option.meaning,
            ]),
          ),
        ]
          .filter((part) => part !== "")
          .join("\n\n"),
      ),
    ]);
  return `${[preface, ...parts].join("\n\n")}\n`;
}

/** A value stands as code, a description as text. */
function defaultOf(text: string): string {
  return isValue(text) ? `\`${text}\`` : text;
}

const list = (uses: readonly string[]): string => [...new Set(uses)].map((use) => `\`${use}\``).join(", ");

/** Options without a meaning, and those whose doc comment has another default than their rule, one line each. */
export function gapsOfOptions({ name, types }: OptionsOwner): readonly string[] {
  return types.flatMap(({ name: type, options }) =>
    options.flatMap((option) => [
      ...(option.meaning === "" ? [`${name}: ${type}.${option.name} has no meaning in its doc comment`] : []),
      ...(option.conflict
        ? [`${name}: ${type}.${option.name} has another @default than its rule, ${option.default}`]
        : []),
    ]),
  );
}
