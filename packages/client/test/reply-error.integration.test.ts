import { eventually, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet, Namespace } from "../src/index.ts";
import type { Fleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const secret = "an argument of the call";

async function addToBasket(call: () => Promise<unknown>): Promise<void> {
  await call();
}

/** What `addToBasket` met. */
async function met(call: () => Promise<unknown>): Promise<Error> {
  try {
    await addToBasket(call);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("there was no error");
}

describe.each([undefined, Namespace.project("acme")])("an error reply, in namespace %s", (namespace) => {
  const options = { ...(namespace && { namespace }) };
  const opened = async (port: number): Promise<Fleet> => {
    const fleet = await createFleet({ instances: [instance("orders", [{ host: "127.0.0.1", port }])] });
    await fleet.command(orders, ["SET", "text", "x"], options);
    return fleet;
  };

  test("of a command names the command and has the stack of the call", async () => {
    await using redis = await startRedis();
    await using fleet = await opened(redis.port);
    const error = await met(() => fleet.command(orders, ["lpush", "text", secret], options));
    expect(error).toMatchObject({ name: "ReplyError", prefix: "WRONGTYPE", command: "LPUSH" });
    expect(error.stack).toMatch(/^ReplyError: WRONGTYPE .*\n {4}at /);
    expect(error.stack).toContain("addToBasket");
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(secret);
  });

  test("in a slot of a batch too, and of a transaction", async () => {
    await using redis = await startRedis();
    await using fleet = await opened(redis.port);
    for (const atomic of [false, true]) {
      const error = await met(async () => {
        const [, slot] = await fleet.batch(
          orders,
          [
            ["GET", "text"],
            ["INCR", "text"],
          ],
          { ...options, atomic },
        );
        throw slot !== undefined && "error" in slot ? slot.error : new Error("no error");
      });
      expect(error).toMatchObject({ name: "ReplyError", command: "INCR" });
      expect(error.stack).toContain(import.meta.filename);
    }
  });
});

test("a discarded transaction names the command that discarded it", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  await redis.call("CONFIG", "SET", "maxmemory", "1");
  const error = await met(() => fleet.batch(orders, [["SET", "n", "1"]], { atomic: true }));
  expect(error).toMatchObject({ prefix: "EXECABORT", command: "EXEC" });
  expect(error.cause).toMatchObject({ prefix: "OOM", command: "SET" });
  expect(error.stack).toContain("addToBasket");
});

describe("within a run", () => {
  test("an error reply is the same as outside, without the arguments", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const error = await met(() =>
      fleet.run(orders, async (connection) => {
        await connection.set("text", "x");
        return connection.lpush("text", secret);
      }),
    );
    expect(error).toMatchObject({
      name: "ReplyError",
      code: "FLEET_POOL_REPLY",
      prefix: "WRONGTYPE",
      command: "LPUSH",
    });
    expect(error.stack).toContain(import.meta.filename);
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(secret);
  });

  test("in pipelines and transactions too", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const found = await fleet.run(orders, async (connection) => {
      await connection.set("text", "x");
      const piped = await connection.pipeline().get("text").incr("text").exec();
      const transaction = await connection.multi().get("text").incr("text").exec();
      return [...(piped ?? []), ...(transaction ?? [])];
    });
    const failed = { name: "ReplyError", code: "FLEET_POOL_REPLY", command: "INCR" };
    expect(found).toMatchObject([[null, "x"], [failed], [null, "x"], [failed]]);
    const stacks = found.flatMap(([error]) => (error === null ? [] : [error.stack]));
    expect(stacks).toHaveLength(2);
    for (const stack of stacks) expect(stack).toContain(import.meta.filename);
  });

  test("what ioredis says of a lost connection is ours, and says what became of the command", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const met: unknown[] = [];
    const run = fleet.run(orders, async (connection) => {
      const note = (error: unknown): void => void met.push(error);
      const pending = connection.blpop(secret, 0).catch(note);
      // Not waited for: with the connection the run ends, and with the run the loan of the connection.
      const kill = redis.call("CLIENT", "KILL", "TYPE", "normal");
      await pending;
      await connection.get(secret).catch(note);
      await kill;
    });
    await expect(run).rejects.toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" });
    await eventually(() =>
      expect(met).toMatchObject([
        { code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" },
        { code: "FLEET_POOL_CONNECTION_LOST", outcome: "not-sent" },
      ]),
    );
    expect(JSON.stringify(met)).not.toContain(secret);
  });

  test("a command that a subscribed connection cannot take is refused by name", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await expect(
      fleet.run(orders, async (connection) => {
        await connection.subscribe("news");
        return connection.get(secret);
      }),
    ).rejects.toMatchObject({ code: "FLEET_POOL_COMMAND_REFUSED", outcome: "not-sent", command: "GET" });
  });
});
