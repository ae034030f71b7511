import { packages, paths, root, text } from "../rooms.ts";
import { errorCodes } from "./error-codes.ts";
import { errorsPage, gapsOf } from "./errors-page.ts";
import type { Owner } from "./errors-page.ts";

/** The generated pages, and what the sources leave out of them. */
export interface Reference {
  /** By path in the checkout. */
  readonly pages: ReadonlyMap<string, string>;
  /** One line each. */
  readonly gaps: readonly string[];
}

const apps = ["gateway", "worker", "bench"];

/** The codes of each package and app. */
export function codeOwners(): readonly Owner[] {
  return [...packages.map((name) => `packages/${name}`), ...apps.map((name) => `apps/${name}`)].map(
    (folder) => ({
      name: (JSON.parse(text(`${folder}/package.json`)) as { readonly name: string }).name,
      codes: errorCodes(paths(`${folder}/src/**/*.ts`)),
    }),
  );
}

/** Reads the sources; nothing is written. */
export async function reference(): Promise<Reference> {
  const owners = codeOwners();
  const { statusByCode } = (await import(new URL(`file://${root}/apps/gateway/src/errors.ts`).href)) as {
    readonly statusByCode: Readonly<Record<string, number>>;
  };
  return {
    pages: new Map([["docs/reference/errors.md", errorsPage(owners, statusByCode)]]),
    gaps: owners.flatMap(({ codes }) => gapsOf(codes)),
  };
}
