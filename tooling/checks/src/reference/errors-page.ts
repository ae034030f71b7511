import type { ErrorCode } from "./error-codes.ts";
import { heading, table } from "./markdown.ts";

/** A package or an app, and the codes that it defines. */
export interface Owner {
  /** As it is installed or started: `@fleet/pool`, `gateway`. */
  readonly name: string;
  readonly codes: readonly ErrorCode[];
}

const preface = `# Errors

Every error of a package has a stable \`code\` that begins with \`FLEET_\`. Between packages and processes the code is the contract, not the
class. This page is generated from the sources by \`pnpm reference\`; do not edit it.

- **Outcome** is a property of each error that a call ends with. \`not-sent\`: the server has not seen the command, so it may be sent again.
  \`unknown\`: the command may have been executed. \`replied\`: the server answered. A dash stands for an error that no call ends with.
- **HTTP** is the status with which the gateway answers. A dash stands for a code that the gateway cannot meet.
- **Retry** says whether the same call can succeed later.`;

/** @param statuses of the gateway, by code. */
export function errorsPage(owners: readonly Owner[], statuses: Readonly<Record<string, number>>): string {
  const parts = owners
    .filter(({ codes }) => codes.length > 0)
    .flatMap(({ name, codes }) => [
      heading(2, name),
      table(
        ["code", "class", "outcome", "HTTP", "retry"],
        codes.map(({ code, className, outcomes, retry }) => [
          `[\`${code}\`](#${code.toLowerCase()})`,
          className === undefined ? "-" : `\`${className}\``,
          outcomes.length === 0 ? "-" : outcomes.map((outcome) => `\`${outcome}\``).join(" or "),
          String(statuses[code] ?? "-"),
          retry,
        ]),
      ),
      ...codes.map(
        ({ code, meaning, remedy }) =>
          `${heading(3, `\`${code}\``)}\n\n${meaning.replaceAll("\n", "\n\n")}\n\n**What to do:** ${remedy}`,
      ),
    ]);
  return `${[preface, ...parts].join("\n\n")}\n`;
}

/** What is missing of a code, one line each. */
export function gapsOf(codes: readonly ErrorCode[]): readonly string[] {
  return codes.flatMap(({ code, meaning, retry, remedy }) =>
    Object.entries({ meaning, "@retry": retry, "@remedy": remedy })
      .filter(([, said]) => said === "")
      .map(([what]) => `${code} has no ${what} in its doc comment`),
  );
}
