/** One thing that must be green: a name for the report and the command that says so. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Show what it prints as it comes, because it takes minutes. @default only what a red one has printed, at its end */
  readonly shown?: boolean;
}

/** The whole check, cheapest first. */
export const steps: readonly Step[] = [
  { name: "format", command: ["oxfmt", "-c", "tooling/lint/oxfmt.json", "--check", "."] },
  { name: "lint", command: ["oxlint", "-c", "tooling/lint/oxlint.json", "--deny-warnings"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "arrows", command: ["turbo", "boundaries"] },
  { name: "versions", command: ["sherif"] },
  { name: "unused", command: ["knip", "-c", "tooling/lint/knip.json"] },
  { name: "packages", command: ["turbo", "run", "build", "check:package", "--output-logs=errors-only"] },
  {
    name: "reference",
    command: ["node", "--conditions=@fleet/source", "tooling/checks/src/reference/main.ts", "--check"],
  },
  { name: "packed", command: ["node", "tooling/checks/src/packed.ts"] },
  {
    name: "tests",
    command: ["node", "--conditions=@fleet/source", "tooling/vitest/test.ts"],
    shown: true,
  },
];
