import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startRedis, startSentinel } from "@fleet/testkit";
import { expect, test } from "vitest";

import { parseConfig } from "../../src/config/config-schema.ts";
import type { Config } from "../../src/config/config-schema.ts";
import { serve } from "../../src/serve.ts";
import { discover } from "../../src/sources/discover.ts";
import { at } from "../open-gateway.ts";

const token = "sources-token-for-tests";

function configured(settings: object): Config {
  const parsed = parseConfig({
    listen: { port: 0 },
    adminListen: { port: 0 },
    log: { level: "silent" },
    tokens: [{ name: "web", digest: hash("sha256", token), rights: "full", targets: "*", dedicated: true }],
    ...settings,
  });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  return parsed.config;
}

test("instances by hand, from a file and through Sentinels serve side by side", async () => {
  await using set = await startSentinel({ password: "of-servers", replicas: 1 });
  for (const sentinel of set.sentinels)
    await sentinel.call("ACL", "SETUSER", "default", "resetpass", ">of-sentinels");
  await using byHand = await startRedis();
  await using inFile = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), "fleet-sources-"));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  const instancesFile = join(folder, "instances.json");
  await writeFile(instancesFile, JSON.stringify({ instances: [{ name: "file", endpoints: [at(inFile)] }] }));
  const config = configured({
    instances: [{ name: "hand", endpoints: [{ host: "10.20.0.5", port: 6379 }] }],
    instancesFile,
    sentinel: {
      sentinels: set.sentinels.map(at),
      names: { [set.name]: "watched" },
      login: { password: "env:OF_SENTINELS" },
      credentials: { password: "env:OF_SERVERS" },
      answerTimeoutMs: 10_000,
    },
    addressMap: { "10.20.0.5:6379": `${byHand.host}:${byHand.port}` },
  });
  const environment = { OF_SENTINELS: "of-sentinels", OF_SERVERS: "of-servers" };

  const { ok, instances } = await discover(config, environment);
  expect(ok).toBe(true);
  expect(instances.map(({ name, source }) => [name, source])).toEqual([
    ["hand", "static"],
    ["file", `file:${instancesFile}`],
    ["watched", "sentinel"],
  ]);
  expect(instances[2]).toMatchObject({
    passwords: [{ reference: "env:OF_SERVERS", outcome: "exists" }],
    endpoints: expect.arrayContaining([expect.objectContaining({ role: "primary" })]) as unknown,
  });

  const gateway = await serve(config, environment);
  for (const name of ["hand", "file", "watched"]) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${gateway.data}/redis/${name}/set/name/${name}`, { headers });
    expect([response.status, await response.json()]).toEqual([200, { result: "OK" }]);
  }
  expect(await byHand.call("GET", "name")).toBe("hand");
  expect(await set.primary.call("GET", "name")).toBe("watched");
  await gateway.close();
});
