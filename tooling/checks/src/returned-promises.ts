import { parseSync } from "oxc-parser";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/**
 * Where a promise is returned out of a block that closes something: `using`, or a `finally`. It is closed before the promise has
 * settled. In async functions of the sources the linter sees it, with types; this sees what it does not: with `isChecked` functions
 * that are not async and say that they return a promise, else, as in the examples of a README, any call that is returned unawaited.
 *
 * @returns lines, from 1.
 */
export function returnedPromises(path: string, source: string, isChecked: boolean): readonly number[] {
  const lines: number[] = [];
  const returnsLate = (owner: Node | undefined, value: Node): boolean => {
    if (isChecked && (owner === undefined || owner["async"] === true || !declaresPromise(owner, source)))
      return false;
    return isChecked ? value.type !== "Literal" : isCall(value);
  };
  /** @param isHeld whether the end of a block around this closes something. */
  const walk = (value: unknown, owner: Node | undefined, isHeld: boolean): void => {
    if (Array.isArray(value)) {
      const isHeldHere = isHeld || value.some(isUsing);
      for (const one of value) walk(one, owner, isHeldHere);
      return;
    }
    if (value === null || typeof value !== "object" || !("type" in value)) return;
    const node = value as Node;
    const isFunction = /Function/.test(node.type) && node["body"] != null;
    const argument = node["argument"] as Node | null | undefined;
    if (node.type === "ReturnStatement" && isHeld && argument != null && returnsLate(owner, argument))
      lines.push(source.slice(0, node.start).split("\n").length);
    const isLoop = node.type.startsWith("For") && [node["left"], node["init"]].some(isUsing);
    for (const [key, child] of Object.entries(node)) {
      const isTried = node.type === "TryStatement" && key !== "finalizer" && node["finalizer"] != null;
      walk(child, isFunction ? node : owner, !isFunction && (isHeld || isLoop || isTried));
    }
  };
  walk(parseSync(path, source).program, undefined, false);
  return lines;
}

function isUsing(node: unknown): boolean {
  const { type, kind } = (node ?? {}) as { readonly type?: string; readonly kind?: string };
  return type === "VariableDeclaration" && /using/.test(kind ?? "");
}

function isCall(value: Node): boolean {
  const branches = [value["consequent"], value["alternate"], value["left"], value["right"]];
  return (
    value.type === "CallExpression" || branches.some((branch) => branch != null && isCall(branch as Node))
  );
}

function declaresPromise(owner: Node, source: string): boolean {
  const type = owner["returnType"] as Node | null | undefined;
  return type != null && /^:\s*Promise\b/.test(source.slice(type.start, type["end"] as number));
}
