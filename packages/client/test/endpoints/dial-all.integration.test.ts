import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../../src/index.ts";
import { instance } from "../hand-source.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

test("every endpoint is dialed once, and answers how it went; statistics say how it was dialed", async () => {
  await using fine = await startRedis({ password: "right" });
  await using locked = await startRedis({ password: "right" });
  await using aside = await startRedis();
  await using dead = await startRedis();
  await dead.kill();
  const credentials = { password: ["env:A", "env:B"] };
  await using fleet = await createFleet({
    instances: [
      instance("fine", [fine], { credentials }),
      instance("locked", [locked, dead]),
      instance("aside", [aside], { state: "maintenance" }),
    ],
    credentials: async (_reference, _instance, last) => {
      last?.took?.("env:B");
      return { password: "right" };
    },
  });
  expect(fleet.stats.instances).toMatchObject([
    { name: "fine", credentials, endpoints: [{ tls: false, credentialsFrom: undefined }] },
    {},
    {},
  ]);
  expect(await fleet.dial()).toEqual([
    expect.objectContaining({ instance: "fine", port: fine.port }),
    expect.objectContaining({
      instance: "locked",
      port: locked.port,
      error: expect.objectContaining({ reason: "password-missing" }) as unknown,
    }),
    expect.objectContaining({
      port: dead.port,
      error: expect.objectContaining({ reason: "refused" }) as unknown,
    }),
  ]);
  expect(fleet.stats.instances).toMatchObject([
    { endpoints: [{ tls: false, credentialsFrom: "env:B", health: { status: "healthy" } }] },
    { endpoints: [{ health: { lastReason: "password-missing" } }, { health: { lastReason: "refused" } }] },
    { endpoints: [{ health: undefined }] },
  ]);
  await fleet.close();
  await expect(fleet.dial()).rejects.toMatchObject({ code: "FLEET_CLIENT_CLOSED" });
});

test("an instance that leaves TLS to its Pod speaks it where the Pod says so, and is checked by any of its names", async () => {
  await using secured = await startRedis({ tls: true });
  await using plain = await startRedis();
  const tls = {
    secret: ["pod:shop/orders-0", "shop/orders-crt"],
    optional: true as const,
    servername: ["orders.shop.svc", "orders.shop.svc.cluster.local"],
  };
  const asked: string[] = [];
  const { ca } = secured.tls!;
  await using fleet = await createFleet({
    instances: [instance("secured", [secured], { tls }), instance("plain", [plain], { tls })],
    certificates: async (reference, { name }, { port }) => {
      asked.push(`${name} ${reference}`);
      expect(port).toBe(name === "secured" ? secured.port : plain.port);
      if (!reference.startsWith("pod:")) return { ca };
      return name === "secured" ? {} : undefined;
    },
  });
  expect(fleet.stats.instances).toMatchObject([
    { endpoints: [{ tls: undefined }] },
    { endpoints: [{ tls: undefined }] },
  ]);
  expect((await fleet.dial()).map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(asked.toSorted()).toEqual([
    "plain pod:shop/orders-0",
    "secured pod:shop/orders-0",
    "secured shop/orders-crt",
  ]);
  expect(fleet.stats.instances).toMatchObject([
    { endpoints: [{ tls: true }] },
    { endpoints: [{ tls: false }] },
  ]);
});

test("a certificate that has none of the names is refused, and the error has both sides", async () => {
  await using secured = await startRedis({ tls: true });
  const { ca } = secured.tls!;
  await using fleet = await createFleet({
    instances: [
      instance("orders", [secured], {
        tls: { secret: "shop/crt", servername: ["orders.other.svc", "orders.other.svc.cluster.local"] },
      }),
    ],
    certificates: async () => ({ ca }),
  });
  const [result] = await fleet.dial();
  expect(result?.error).toMatchObject({
    reason: "tls-certificate-name",
    message: expect.stringMatching(
      /orders\.other\.svc, orders\.other\.svc\.cluster\.local.*DNS:localhost/,
    ) as unknown,
  });
});
