import { describe, expect, test } from "vitest";

import * as contract from "../../src/source/source-contract.ts";
import type { ChangingSubject, SourcePromise, SourceSubject } from "../../src/source/source-contract.ts";

export type { ChangingSubject, SourceSubject } from "../../src/source/source-contract.ts";

/** What every source promises, as tests. */
export function sourceContract(what: string, open: () => Promise<SourceSubject>): void {
  describe(`${what} keeps the contract of an InstanceSource`, () => {
    tests(contract.sourceContract(open));
  });
}

/** What every source promises whose world changes, as tests. */
export function changingSourceContract(what: string, open: () => Promise<ChangingSubject>): void {
  describe(`${what} keeps the contract of an InstanceSource whose world changes`, () => {
    tests(contract.changingSourceContract(open));
  });
}

function tests(promises: readonly SourcePromise[]): void {
  test.for(promises.map((promise) => [promise.name, promise] as const))("%s", async ([, promise]) => {
    await expect(promise.run()).resolves.toBeUndefined();
  });
}
