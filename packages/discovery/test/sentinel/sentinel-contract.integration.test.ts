import { FakeClock, startFaultProxy, startRedis, startSentinel } from "@fleet/testkit";

import { SentinelSource, addressMap } from "../../src/index.ts";
import { changingSourceContract, sourceContract } from "../source/source-contract.ts";
import type { ChangingSubject } from "../source/source-contract.ts";
import { Questions } from "./watched-sentinels.ts";

/** Two sentinels behind proxies that can break the way to them. */
async function subject(): Promise<ChangingSubject> {
  await using opened = new AsyncDisposableStack();
  const set = opened.use(await startSentinel({ name: "orders", replicas: 0, sentinels: 2 }));
  const other = opened.use(await startRedis());
  const proxies = await Promise.all(
    set.sentinels.map(async (sentinel) => opened.use(await startFaultProxy(sentinel))),
  );
  const tell = async (...command: readonly string[]): Promise<void> => {
    for (const sentinel of set.sentinels) await sentinel.call("SENTINEL", ...command);
  };
  await tell("MONITOR", "sessions", other.host, String(other.port), "2");
  const clock = new FakeClock();
  const questions = new Questions();
  const source = new SentinelSource({
    sentinels: set.sentinels,
    connect: questions.connect,
    addressMap: addressMap(
      Object.fromEntries(
        set.sentinels.map(({ port }, i) => [`127.0.0.1:${port}`, `127.0.0.1:${proxies[i]!.port}`]),
      ),
    ),
    // The clock leaps; what is on its way in earnest cannot.
    answerTimeoutMs: 3_600_000,
    clock,
  });
  opened.defer(() => source.close());
  const all = opened.move();
  return {
    source,
    names: ["orders", "sessions"],
    settle: async () => {
      await questions.answered();
      await clock.advance(10_000);
      await questions.answered();
    },
    change: async () => {
      await tell("REMOVE", "sessions");
      await tell("MONITOR", "users", other.host, String(other.port), "2");
      return ["orders", "users"];
    },
    damage: () => {
      for (const proxy of proxies) {
        proxy.inject({ kind: "rst" });
        proxy.cut();
      }
      return Promise.resolve();
    },
    heal: () => {
      for (const proxy of proxies) proxy.heal();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

sourceContract("SentinelSource", subject);
changingSourceContract("SentinelSource", subject);
