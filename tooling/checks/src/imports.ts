import { parseSync } from "oxc-parser";

import { text } from "./checkout.ts";

export interface Import {
  /** The file that imports, from the root of the checkout. */
  readonly path: string;
  /** What it imports, as written. */
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Every import of a file, `import()` and re-exports included. */
export function importsOf(path: string): readonly Import[] {
  const source = text(path);
  const { module } = parseSync(path, source);
  return [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      path,
      from: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ path, from: moduleRequest.value, typeOnly: isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => ({
      path,
      from: source.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      typeOnly: false,
    })),
  ];
}
