import { expect, test } from "vitest";

import { eventually } from "../src/index.ts";

test("answers what the check answers, as soon as it does not throw", async () => {
  let tries = 0;
  const answer = await eventually(
    () => {
      tries += 1;
      if (tries < 3) throw new Error("not yet");
      return tries;
    },
    { intervalMs: 1 },
  );
  expect(answer).toBe(3);
});

test("an asynchronous check is waited for", async () => {
  let tries = 0;
  const check = async (): Promise<string> => {
    tries += 1;
    if (tries < 2) throw new Error("not yet");
    return "there";
  };
  expect(await eventually(check, { intervalMs: 1 })).toBe("there");
});

test("when the time is over, the last error is thrown as it was", async () => {
  let tries = 0;
  const failing = eventually(
    () => {
      tries += 1;
      throw new Error(`try ${tries}`);
    },
    { timeoutMs: 30, intervalMs: 1 },
  );
  await expect(failing).rejects.toThrow(/^try \d+$/);
  expect(tries).toBeGreaterThan(1);
});

test("a check that hangs is given up", async () => {
  const hanging = eventually(() => new Promise(() => {}), { timeoutMs: 20 });
  await expect(hanging).rejects.toThrow("the check had not answered after 20 ms");
});

test("an abort ends it with the signal's reason, also while the check hangs", async () => {
  const controller = new AbortController();
  const hanging = eventually(() => new Promise(() => {}), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(hanging).rejects.toThrow("enough");
  await expect(eventually(() => 1, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
    "before",
  );
});
