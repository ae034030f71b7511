import { startCluster } from "@fleet/testkit";
import { Cluster } from "ioredis";
import { expect, test } from "vitest";

import { Backfill, PermanentError, type Source } from "../src/index.ts";
import { all, idsFrom, MemorySink, workerOn } from "./scene.ts";

test("every kind of run works in a cluster: its keys lie in one slot, every script declares them", async () => {
  await using cluster = await startCluster();
  const connect = (): Cluster => new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  const admin = connect();
  await admin.xadd("events", "*", "cast", "1");
  await admin.xadd("events", "*", "cast", "2");
  await admin.lpush("jobs:{a}", "one", "two", "three");
  const sources: Readonly<Record<string, Source>> = {
    range: { kind: "range", from: 1, to: 40 },
    ids: { kind: "ids", ids: idsFrom(1, 30) },
    stream: { kind: "stream", key: "events", group: "g" },
    list: { kind: "list", key: "jobs:{a}" },
  };
  for (const [name, source] of Object.entries(sources)) {
    await using backfill = await Backfill.open({ connect, name, source, chunkSize: 4 });
    const sink = new MemorySink();
    let isMended = false;
    const options = {
      sink,
      exitOnComplete: true,
      fetch: (id: string) =>
        id === "7" && !isMended ? Promise.reject(new PermanentError("no")) : Promise.resolve(id),
    };
    await using worker = workerOn(backfill, options);
    expect(await worker.start()).toBe("complete");
    const dead = (await all(backfill.deadLetters())).length;
    isMended = true;
    expect(await backfill.retry()).toBe(dead);
    await using next = workerOn(backfill, options);
    expect(await next.start()).toBe("complete");
    expect(sink.records.size).toBe({ range: 40, ids: 30, stream: 2, list: 3 }[name]);
    await backfill.pause();
    await backfill.resume();
    await expect(backfill.inspect("7")).resolves.toHaveProperty("state");
    await expect(backfill.status()).resolves.toMatchObject({ name, ids: { dead: 0 } });
    await using byName = await Backfill.open({ connect, name });
    expect(byName.epoch).toBe(backfill.epoch);
    await byName.purge();
  }
  for (const node of cluster.nodes)
    expect(((await node.call("KEYS", "*")) as string[]).filter((key) => key.startsWith("bf:"))).toEqual([]);
  admin.disconnect();
});
