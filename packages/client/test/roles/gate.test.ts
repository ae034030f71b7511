import { expect, test } from "vitest";

import { Gate } from "../../src/roles/gate.ts";

test("lets so many in at a time, in their order, and a failure gives its place up", async () => {
  const gate = new Gate(2);
  const ends: PromiseWithResolvers<void>[] = [];
  const entered: number[] = [];
  const visits = Array.from({ length: 5 }, (_, index) =>
    gate.through(() => {
      entered.push(index);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    }),
  );
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(entered).toEqual([0, 1]);
  ends[1]?.reject(new Error("gone"));
  await expect(visits[1]).rejects.toThrow("gone");
  await turn();
  expect(entered).toEqual([0, 1, 2]);
  ends[0]?.resolve();
  ends[2]?.resolve();
  await turn();
  expect(entered).toEqual([0, 1, 2, 3, 4]);
  ends[3]?.resolve();
  ends[4]?.resolve();
  await Promise.allSettled(visits);
  await gate.through(() => Promise.resolve());
});
