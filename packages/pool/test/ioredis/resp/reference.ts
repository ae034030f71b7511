import * as fc from "fast-check";

import { ReplyError } from "../../../src/index.ts";
import type { Reply } from "../../../src/ioredis/index.ts";

/** A reply as a tree that says more than its value: how text was sent, which null it was, and errors in their places. */
export type Tree =
  | { readonly kind: "simple" | "error"; readonly text: string }
  | { readonly kind: "bulk"; readonly bytes: Buffer }
  | { readonly kind: "integer"; readonly digits: string }
  | { readonly kind: "null"; readonly as: "$" | "*" }
  | { readonly kind: "array"; readonly items: readonly Tree[] };

const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, " "));

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  line.map((text): Tree => ({ kind: "simple", text })),
  fc.uint8Array({ maxLength: 40 }).map((bytes): Tree => ({ kind: "bulk", bytes: Buffer.from(bytes) })),
  fc
    .integer({ min: 0, max: 9000 })
    .map((size): Tree => ({ kind: "bulk", bytes: Buffer.alloc(size, "\r\n$9") })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((n): Tree => ({ kind: "integer", digits: `${n}` })),
  fc.integer().map((n): Tree => ({ kind: "integer", digits: `${n}` })),
  fc.constantFrom("$" as const, "*" as const).map((as): Tree => ({ kind: "null", as })),
);

/** Any reply, errors at its top and inside of arrays included. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    line.map((text): Tree => ({ kind: "error", text: `ERR ${text}` })),
    fc.array(tie("tree"), { maxLength: 6 }).map((items): Tree => ({ kind: "array", items })),
  ),
})).tree;

export function wireOf(tree: Tree): Buffer {
  switch (tree.kind) {
    case "simple":
      return Buffer.from(`+${tree.text}\r\n`);
    case "error":
      return Buffer.from(`-${tree.text}\r\n`);
    case "integer":
      return Buffer.from(`:${tree.digits}\r\n`);
    case "null":
      return Buffer.from(`${tree.as}-1\r\n`);
    case "bulk":
      return Buffer.concat([Buffer.from(`$${tree.bytes.length}\r\n`), tree.bytes, Buffer.from("\r\n")]);
    default:
      return Buffer.concat([Buffer.from(`*${tree.items.length}\r\n`), ...tree.items.map(wireOf)]);
  }
}

export function valueOf(tree: Tree): Reply {
  switch (tree.kind) {
    case "simple":
      return Buffer.from(tree.text);
    case "error":
      return new ReplyError(tree.text);
    case "integer":
      return Number.isSafeInteger(Number(tree.digits)) ? Number(tree.digits) : tree.digits;
    case "null":
      return null;
    case "bulk":
      return tree.bytes;
    default:
      return tree.items.map(valueOf);
  }
}

export function elementsOf(tree: Tree): number {
  return tree.kind === "array" ? tree.items.reduce((sum, item) => sum + elementsOf(item), 1) : 1;
}

/** How many arrays that have values stand inside of one another. */
export function depthOf(tree: Tree): number {
  return tree.kind === "array" && tree.items.length > 0 ? 1 + Math.max(...tree.items.map(depthOf)) : 0;
}

/** The same bytes in pieces; sizes are used again and again. */
export function sliced(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!;
    // A copy, as a socket gives them.
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}
