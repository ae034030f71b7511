import { expect, test } from "vitest";

import { packages, text } from "../src/checkout.ts";
import { missingTypes } from "../src/public-types.ts";

/** The sources of the entries of a package. */
function entriesOf(name: string): readonly string[] {
  const { exports } = JSON.parse(text(`packages/${name}/package.json`)) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  return Object.values(exports).flatMap((entry) => {
    const source = (entry as { readonly "@fleet/source"?: string })["@fleet/source"];
    return source === undefined ? [] : [`packages/${name}/${source.replace("./", "")}`];
  });
}

test.for(packages)("every type in a public signature of @fleet/%s can be imported from it", (name) => {
  const entries = entriesOf(name);
  expect(entries.length).toBeGreaterThan(0);
  expect(missingTypes(entries).map((missing) => `${missing.by} -> ${missing.name}`)).toEqual([]);
});
