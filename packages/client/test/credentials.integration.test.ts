import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CredentialsReference } from "@fleet/discovery";
import { eventually, FakeClock, seededRandom, startRedis } from "@fleet/testkit";
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

  test.for(["app", "default"])(
    "of the user %s are rotated without a failed call while the server knows both passwords",
    async (username) => {
      await using redis = await startRedis({ acl: [`user ${username} on >first ~* +@all`] });
      let password = "first";
      await using fleet = await createFleet({
        instances: [instance("orders", [redis], { credentials: reference })],
        credentials: () => Promise.resolve({ username, password }),
      });
      const load = new Load(8, () => fleet.command(orders, ["GET", "x"]));
      await eventually(load.progress(300));
      await redis.call("ACL", "SETUSER", username, ">second");
      password = "second";
      await redis.call("CLIENT", "KILL", "USER", username);
      await eventually(load.progress(300));
      await redis.call("ACL", "SETUSER", username, "<first");
      await eventually(load.progress(300));
      await load.stop();
      expect(load.errors).toEqual([]);
    },
  );

  test("of a server that knows one password only are rotated without a failed read: what is open lives on", async () => {
    await using redis = await startRedis({ acl: ["user default on >first ~* +@all"] });
    let password = "first";
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: { password: "file:/run/secrets/orders" } })],
      credentials: () => Promise.resolve({ password }),
    });
    const load = new Load(8, () => fleet.command(orders, ["GET", "x"]));
    await eventually(load.progress(300));
    await redis.call("CONFIG", "SET", "requirepass", "second");
    await eventually(load.progress(300));
    password = "second";
    await redis.call("CLIENT", "KILL", "USER", "default");
    await eventually(load.progress(300));
    await load.stop();
    expect(load.errors).toEqual([]);
  });

  test("that are refused are resolved anew by the next dial, a second later: no storm of dials, and no restart", async () => {
    await using redis = await startRedis({ acl: ["user default on >first ~* +@all"] });
    const clock = new FakeClock();
    let password = "first";
    let dials = 0;
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: { password: "file:/run/secrets/orders" } })],
      credentials: () => {
        dials += 1;
        return Promise.resolve({ password });
      },
      clock,
      random: seededRandom(1),
      graceMs: 0,
    });
    const load = new Load(8, () => fleet.command(orders, ["GET", "x"]));
    await eventually(load.progress(300));
    await redis.call("CONFIG", "SET", "requirepass", "second");
    await redis.call("CLIENT", "KILL", "USER", "default");
    const lane = (): { readonly state: string; readonly losses: number } | undefined =>
      fleet.stats.instances[0]?.endpoints[0]?.pool?.shared;
    await eventually(() => expect(lane()?.losses).toBe(1));
    const second = async (): Promise<number> => {
      for (let tenths = 0; tenths < 10; tenths += 1) {
        await clock.advance(100);
        await eventually(() => expect(lane()?.state).not.toBe("connecting"));
      }
      return dials;
    };
    expect([await second(), await second(), await second(), await second()]).toEqual([2, 3, 4, 5]);
    password = "second";
    const progress = load.progress(300);
    expect([await second(), await second()]).toEqual([6, 6]);
    // The breaker's time passes too.
    await eventually(async () => {
      await clock.advance(100);
      progress();
    });
    await load.stop();
    const codes = new Set(load.errors.map((error) => (error as { code?: string }).code));
    for (const code of codes)
      expect(code).toMatch(/^FLEET_(?:POOL_AUTHENTICATION|POOL_CONNECTION_LOST|BREAKER_(?:HALF_)?OPEN)$/);
  });

  test("are asked for with the word that the last ones were refused, until a dial succeeds", async () => {
    await using redis = await startRedis({ acl: ["user app on >first ~* +@all"] });
    const dials: (boolean | undefined)[] = [];
    let password = "wrong";
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: reference })],
      credentials: (_reference, _instance, last) => {
        dials.push(last?.isRefused);
        if (dials.length === 2) password = "first";
        return Promise.resolve({ username: "app", password });
      },
    });
    await eventually(async () => expect(await fleet.command(orders, ["PING"])).toBe("PONG"));
    await redis.call("CLIENT", "KILL", "USER", "app");
    await eventually(() => expect(dials).toHaveLength(3));
    expect(dials).toEqual([false, true, false]);
  });

  test("of which there are several places reach the resolver as they are", async () => {
    await using redis = await startRedis();
    const places = { password: ["secret:shop/orders/password", "env:ORDERS_PASSWORD"] };
    const asked: unknown[] = [];
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: places })],
      credentials: (reference) => {
        asked.push(reference);
        return Promise.resolve(undefined);
      },
    });
    expect(await fleet.command(orders, ["PING"])).toBe("PONG");
    expect(asked).toEqual([places]);
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

  test("is spoken with the Secret that the instance refers to, and not at all where nobody can read it", async () => {
    await using redis = await startRedis({ tls: true });
    const secured = instance("orders", [redis], { tls: { secret: "shop/orders-tls" } });
    await using helpless = await createFleet({ instances: [secured] });
    await expect(helpless.command(orders, ["PING"])).rejects.toMatchObject({
      code: "FLEET_CLIENT_CREDENTIALS",
      option: "certificates",
    });
    const asked: unknown[] = [];
    await using fleet = await createFleet({
      instances: [secured],
      certificates: (reference, { name }) => {
        asked.push([reference, name]);
        return Promise.resolve({ ca: redis.tls?.ca ?? "" });
      },
    });
    expect(await fleet.command(orders, ["PING"])).toBe("PONG");
    expect(asked).toEqual([["shop/orders-tls", "orders"]]);
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
