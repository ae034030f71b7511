import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CredentialsReference } from "@fleet/discovery";
import { eventually, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const reference: CredentialsReference = { username: "app", password: "env:ORDERS_PASSWORD" };

describe("credentials", () => {
  test("are resolved from the instance's reference, at each dial", async () => {
    await using redis = await startRedis({ acl: ["user app on >first ~* +@all"] });
    const asked: unknown[] = [];
    let password = "first";
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: reference })],
      credentials: (reference, instance) => {
        asked.push([instance.name, reference]);
        return Promise.resolve({ username: "app", password });
      },
    });
    expect(await fleet.command(orders, ["PING"])).toBe("PONG");
    expect(asked).toEqual([["orders", reference]]);
    password = "wrong";
    await redis.call("CLIENT", "KILL", "USER", "app");
    await eventually(() =>
      expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({ code: "FLEET_POOL_AUTHENTICATION" }),
    );
  });

  test("are rotated without a failed call while the server knows both passwords", async () => {
    await using redis = await startRedis({ acl: ["user app on >first ~* +@all"] });
    let password = "first";
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: reference })],
      credentials: () => Promise.resolve({ username: "app", password }),
    });
    const load = new Load(8, () => fleet.command(orders, ["GET", "x"]));
    await eventually(load.progress(300));
    await redis.call("ACL", "SETUSER", "app", ">second");
    password = "second";
    await redis.call("CLIENT", "KILL", "USER", "app");
    await eventually(load.progress(300));
    await redis.call("ACL", "SETUSER", "app", "<first");
    await eventually(load.progress(300));
    await load.stop();
    expect(load.errors).toEqual([]);
  });

  test("that nobody can resolve are an error of their own: the server is not dialled without", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: reference })],
    });
    for (let count = 0; count < 10; count += 1)
      await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({
        code: "FLEET_CLIENT_CREDENTIALS",
        instance: "orders",
        outcome: "not-sent",
      });
    expect(fleet.stats.instances[0]?.endpoints[0]).toMatchObject({ pool: undefined, inFlight: 0 });
    expect(await redis.call("CLIENT", "LIST")).not.toContain("name=fleet:");
  });

  test("stand in no error and in no statistics", async () => {
    await using redis = await startRedis({ password: "right" });
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: { password: "env:ORDERS_PASSWORD" } })],
      credentials: () => Promise.resolve({ password: "hunter2" }),
    });
    const error = await fleet.command(orders, ["GET", "x"]).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "FLEET_POOL_AUTHENTICATION" });
    expect(JSON.stringify([error, String(error), (error as Error).stack, fleet.stats])).not.toContain(
      "hunter2",
    );
  });
});

describe("TLS", () => {
  test("is spoken with the files that the instance refers to, read at each dial", async () => {
    await using redis = await startRedis({ tls: true });
    const caFile = join(redis.folder, "client-ca.pem");
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "localhost", port: redis.port }], { tls: { caFile } })],
      retries: 0,
    });
    await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({ outcome: "not-sent" });
    await writeFile(caFile, redis.tls?.ca ?? "");
    expect(await eventually(() => fleet.command(orders, ["PING"]))).toBe("PONG");
  });

  test("is refused when the certificate is of somebody unknown", async () => {
    await using redis = await startRedis({ tls: true });
    await using fleet = await createFleet({ instances: [instance("orders", [redis], { tls: {} })] });
    await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({
      code: "FLEET_POOL_CONNECT_FAILED",
      outcome: "not-sent",
    });
  });
});
