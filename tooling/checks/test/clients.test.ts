import { expect, test } from "vitest";

import { text } from "../src/checkout.ts";

interface Row {
  readonly client: string;
  readonly version: string;
  readonly title: string;
  readonly path: string;
}

const row =
  /^\| `(?<client>[^`]+)`\s*\| (?<version>\S+)\s*\| .* \[(?<title>[^\]]+)\]\(\.\.\/\.\.\/(?<path>[^)]+)\)\s*\|$/;
const lines = text("docs/guide/clients.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"));
const rows = lines.flatMap((line) => {
  const groups = row.exec(line)?.groups;
  return groups === undefined ? [] : [groups as unknown as Row];
});

const escaped = (literal: string): string => literal.replaceAll(/[^\w\s]/g, String.raw`\$&`);

test("each row of the table of clients can be read", () => {
  expect(rows.length).toBe(lines.length);
  expect(rows.length).toBeGreaterThan(10);
});

test.for(rows)(
  "$client, $title: there is such a test of the client, and the version is the catalog's",
  (one) => {
    const source = text(one.path);
    expect(source).toContain(`"${one.client}`.replace(/^"unstorage$/, '"unstorage/drivers/upstash'));
    expect(source).toMatch(new RegExp(String.raw`\btest(\.for\([^)]*\))?\(\s*"${escaped(one.title)}"`));
    expect(text("pnpm-workspace.yaml")).toMatch(
      new RegExp(String.raw`^ {2}"?${escaped(one.client)}"?: ${escaped(one.version)}$`, "m"),
    );
  },
);
