import { SentinelSource } from "@fleet/discovery";
import { startSentinel } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet, sentinelConnect } from "../../src/index.ts";

test("a fleet finds its instances through Sentinels that want TLS and a password", async () => {
  const password = "of-servers";
  await using set = await startSentinel({ tls: true, password, replicas: 1 });
  const { caFile } = set.primary.tls!;
  for (const sentinel of set.sentinels)
    await sentinel.call("ACL", "SETUSER", "default", "resetpass", ">of-sentinels");
  await using fleet = await createFleet({
    sources: [
      new SentinelSource({
        sentinels: set.sentinels.map(({ host, port }) => ({ host, port })),
        connect: sentinelConnect({
          credentials: async () => ({ password: "of-sentinels" }),
          tls: { caFile, servername: "localhost" },
        }),
        credentials: { password: "env:ANY" },
        tls: { caFile, servername: "localhost" },
        answerTimeoutMs: 10_000,
      }),
    ],
    credentials: async () => ({ password }),
  });
  await fleet.command({ instance: set.name }, ["SET", "k", "v"]);
  expect(await fleet.command({ instance: set.name }, ["GET", "k"])).toBe("v");
});
