import { expect, test } from "vitest";

import { takesTooLong } from "../../../../src/ioredis/lanes/shared/reading.ts";

test.for([
  ["it is not old", { came: 10, missing: 1_000_000 }, 3999, false],
  ["it is old and hardly comes", { came: 40_000, missing: 400_000_000 }, 4000, true],
  ["it is old, and would be there in as long again", { came: 20_000_000, missing: 19_000_000 }, 4000, false],
  ["it is old, and would not", { came: 20_000_000, missing: 21_000_000 }, 4000, true],
  ["it has got slow since", { came: 20_000_000, missing: 19_000_000 }, 8000, true],
  ["it has got slow near its end", { came: 20_000_000, missing: 1000 }, 8000, false],
] as const)("a reply that no caller takes is given up? %s", ([, progress, tookMs, isTooLong]) => {
  expect(takesTooLong({ ...progress, kept: 0 }, tookMs, 4000)).toBe(isTooLong);
});
