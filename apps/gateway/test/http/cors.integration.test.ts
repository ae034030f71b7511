import { hash } from "node:crypto";

import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

import { at, openGateway } from "../open-gateway.ts";
import type { Answered, OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
let gateway: OpenGateway;
const shop = "https://shop.example";
const other = "http://localhost:3000";
const token = (name: string, origins?: readonly string[], rights = "full"): object => ({
  name,
  digest: hash("sha256", `${name}-token-for-tests`),
  rights,
  targets: ["orders"],
  project: "web",
  ...(origins && { origins }),
});
beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    settings: {
      tokens: [
        token("shop", [shop]),
        token("other", [other]),
        token("none"),
        token("any", ["*"], "read-only"),
      ],
    },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});

const corsOf = ({ headers }: Answered): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

function ask(name: string, headers: Record<string, string>, method = "GET"): Promise<Answered> {
  return gateway.ask("/get/k", {
    token: null,
    method,
    headers: { authorization: `Bearer ${name}-token-for-tests`, ...headers },
  });
}

function preflight(origin: string, asked = "authorization,content-type,upstash-encoding"): Promise<Answered> {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": asked,
  };
  return gateway.ask("/pipeline", { token: null, method: "OPTIONS", headers });
}

test("a preflight needs no token, and is answered for the origins of any", async () => {
  const answer = await preflight(shop);
  expect(answer.status).toBe(200);
  expect(corsOf(answer)).toEqual({
    "access-control-allow-origin": shop,
    "access-control-allow-methods": "GET, HEAD, POST, PUT",
    "access-control-allow-headers": "authorization,content-type,upstash-encoding",
    "access-control-max-age": "600",
    vary: "Origin, Access-Control-Request-Headers",
  });
});

test("an answer names an origin of its own token only", async () => {
  const allowed = {
    "access-control-allow-origin": shop,
    "access-control-expose-headers": "Retry-After, Upstash-Sync-Token",
  };
  expect(corsOf(await ask("shop", { origin: shop }))).toEqual({ ...allowed, vary: "Origin" });
  expect(corsOf(await ask("shop", { origin: other }))).toEqual({ vary: "Origin" });
  expect(corsOf(await ask("shop", {}))).toEqual({ vary: "Origin" });
  expect(corsOf(await ask("other", { origin: shop }))).toEqual({ vary: "Origin" });
  expect(corsOf(await ask("none", { origin: shop }))).toEqual({});
  expect(corsOf(await ask("wrong", { origin: shop }))).toEqual({});
  expect(corsOf(await ask("any", { origin: "https://anywhere.example" }))).toMatchObject({
    "access-control-allow-origin": "https://anywhere.example",
  });
  // Errors too: a page may read why.
  expect(corsOf(await ask("shop", { origin: shop }, "DELETE"))).toMatchObject(allowed);
});

test("without origins a preflight is a request without a token", async () => {
  await using closed = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    settings: { tokens: [token("shop", [shop])] },
  });
  const headers = { origin: other, "access-control-request-method": "POST" };
  const answer = await closed.ask("/pipeline", { token: null, method: "OPTIONS", headers });
  expect([answer.status, corsOf(answer)]).toEqual([401, {}]);
});
