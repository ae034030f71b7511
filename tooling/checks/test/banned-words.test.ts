import { describe, expect, test } from "vitest";

import { bannedWords, findingsIn, ownerOf, wordPaths } from "../src/banned-words.ts";
import { text } from "../src/checkout.ts";

const banned = bannedWords();
const budgets = JSON.parse(text("tooling/checks/src/word-budgets.json")) as Readonly<Record<string, number>>;
const files = Map.groupBy(wordPaths(), ownerOf);

test("the dictionary has the list", () => {
  expect(banned.map(({ word }) => word)).toEqual(
    expect.arrayContaining(["who", "nobody", "told", "Manager"]),
  );
});

test.for([...files.keys()])(
  "%s has no more of the words that the dictionary does not allow than its budget",
  (owner) => {
    const findings = files.get(owner)!.flatMap((path) => findingsIn(path, text(path), banned));
    const allowed = budgets[owner] ?? 0;
    const shown = findings.map(({ path, line, word }) => `${path}:${line} ${word}`);
    expect(findings.length > allowed ? shown : []).toEqual([]);
  },
);

test("there is no budget for what does not exist", () => {
  expect(Object.keys(budgets).filter((owner) => !files.has(owner))).toEqual([]);
});

describe("a word is found", () => {
  const find = (path: string, source: string): readonly string[] =>
    findingsIn(path, source, banned).map(({ line, word }) => `${line} ${word}`);

  test("in a comment, not in code, in a string or in backticks", () => {
    expect(find("packages/x/src/a.ts", '// Who asks.\nconst who = "who"; // `who`\n')).toEqual(["1 who"]);
  });

  test("at the end of a name, not in a comment or a string", () => {
    expect(find("packages/x/src/a.ts", 'class PoolManager {}\nconst text = "Manager"; // Manager\n')).toEqual(
      ["1 Manager"],
    );
  });

  test("on a page, not in its code", () => {
    expect(find("docs/a.md", "Nobody asks.\n\n```ts\n// who\n```\n")).toEqual(["1 nobody"]);
  });

  test("nowhere where it is a term", () => {
    expect(find("apps/bench/README.md", "A seed.\n")).toEqual([]);
    expect(find("packages/pool/README.md", "A seed.\n")).toEqual(["1 seed"]);
  });
});
