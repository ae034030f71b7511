import { parseSync } from "oxc-parser";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** An assertion that depends on how fast the machine is. */
export interface TimedAssertion {
  /** Of the test that it stands in; empty outside of one. */
  readonly title: string;
  readonly line: number;
}

const bounds = /^(?:toBeLessThan|toBeLessThanOrEqual|toBeGreaterThan|toBeGreaterThanOrEqual|toBeCloseTo)$/;
const clocks = /\b(?:performance\.now|Date\.now|hrtime)\b|\b(?:tookMs|elapsedMs)\b/;

/**
 * Where `expect` bounds what a clock of the machine says: a reading, or a variable of the file that was computed from one. A test that
 * does fails on a machine that is busy, and says nothing on one that is idle.
 */
export function timedAssertions(path: string, source: string): readonly TimedAssertion[] {
  const { program } = parseSync(path, source);
  // Of each test those of its own; the empty title is the file's.
  const timed = new Map<string, Set<string>>([["", new Set()]]);
  const isTimed = (text: string, title: string): boolean =>
    clocks.test(text) ||
    ["", title].some((owner) =>
      [...(timed.get(owner) ?? [])].some((name) => new RegExp(`(?<![\\w.])${name}\\b`).test(text)),
    );
  visit(program, "", (node, title) => {
    const isAssigned = node.type === "AssignmentExpression";
    if (!isAssigned && node.type !== "VariableDeclarator") return;
    const to = node[isAssigned ? "left" : "id"] as Node;
    const from = node[isAssigned ? "right" : "init"] as Node | null;
    if (from === null || to.type !== "Identifier" || !isTimed(withoutBlocks(from, source), title)) return;
    timed.set(title, (timed.get(title) ?? new Set()).add(String(to["name"])));
  });
  const found: TimedAssertion[] = [];
  visit(program, "", (node, title) => {
    const callee = node["callee"] as Node | undefined;
    if (node.type !== "CallExpression" || callee?.type !== "MemberExpression") return;
    const { property, object } = callee as unknown as { property: Node; object: Node };
    if (!bounds.test(String(property["name"])) || !/^expect\b/.test(textOf(object, source))) return;
    const [, subject = ""] = /^expect\s*\(([\s\S]*)\)/.exec(textOf(object, source)) ?? [];
    if (isTimed(subject, title)) found.push({ title, line: source.slice(0, node.start).split("\n").length });
  });
  return found;
}

function textOf({ start, end }: Node, source: string): string {
  return source.slice(start, end);
}

/** Without the blocks of functions: what they read is not what is made of them. */
function withoutBlocks(node: Node, source: string): string {
  let text = textOf(node, source);
  visit(node, "", ({ type, body }) => {
    if (/Function/.test(type) && (body as Node | undefined)?.type === "BlockStatement")
      text = text.replace(textOf(body as Node, source), "");
  });
  return text;
}

/** Calls back with every node and the title of the test that it stands in. */
function visit(value: unknown, title: string, callback: (node: Node, title: string) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, title, callback);
    return;
  }
  if (value === null || typeof value !== "object" || !("type" in value)) return;
  const node = value as Node;
  callback(node, title);
  const inner = titleOf(node) ?? title;
  for (const child of Object.values(node)) visit(child, inner, callback);
}

/** The title of a test, with or without a table. */
function titleOf(node: Node): string | undefined {
  if (node.type !== "CallExpression") return undefined;
  let callee = node["callee"] as Node;
  while (callee.type !== "Identifier") {
    const next = (callee["object"] ?? callee["callee"]) as Node | undefined;
    if (next === undefined) return undefined;
    callee = next;
  }
  const [first] = node["arguments"] as readonly (Node | undefined)[];
  const isTitled = first?.type === "Literal" && typeof first["value"] === "string";
  return callee["name"] === "test" && isTitled ? String(first["value"]) : undefined;
}
