import { LineCounter, isNode, parseDocument, visit } from "yaml";
import type { Document } from "yaml";

import { pathText } from "../instance/fault.ts";
import type { Fault } from "../instance/fault.ts";
import type { Instance } from "../instance/instance.ts";
import { parseInstances } from "../instance/parse-instances.ts";

/** What a file says: its instances, or its faults as lines `line:column path: what`. */
export type FileDocument =
  | { readonly instances: readonly Instance[]; readonly faults?: undefined }
  | { readonly faults: readonly string[]; readonly instances?: undefined };

/** Reads YAML or JSON (which is YAML) of the form `{ instances: [...] }`. */
export function parseFile(bytes: Uint8Array): FileDocument {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { faults: ["1:1 is not UTF-8 text"] };
  }
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  // Only the code of a fault is shown: yaml's messages quote the line, and a password may stand in it.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const broken = [
    ...document.errors.map(({ pos, code }) => `${at(pos[0])} is not YAML: ${words(code)}`),
    ...danglingAliases(document).map((offset) => `${at(offset)} is not YAML: alias without an anchor`),
  ];
  if (broken.length > 0) return { faults: [...new Set(broken)] };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch {
    return { faults: ["1:1 is not YAML that can be read: too many aliases"] };
  }
  const parsed = parseInstances(content);
  if (parsed.faults === undefined) return parsed;
  return { faults: parsed.faults.map((fault) => `${at(offsetOf(document, fault))} ${line(fault)}`) };
}

function line({ path, message }: Fault): string {
  return path.length === 0 ? message : `${pathText(path)}: ${message}`;
}

/** Where a fault stands; of something that is missing, where it is missing. */
function offsetOf(document: Document.Parsed, { path }: Fault): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function danglingAliases(document: Document.Parsed): readonly number[] {
  const offsets: number[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) === undefined) offsets.push(alias.range?.[0] ?? 0);
    },
  });
  return offsets;
}

function words(code: string): string {
  return code.toLowerCase().replaceAll("_", " ");
}
