import { decodeReply } from "@fleet/pool/ioredis";
import { startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { type Command, createFleet, Namespace } from "../../src/index.ts";
import { instance } from "../hand-source.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const namespace = Namespace.project("acme");

describe("a command that takes several steps", () => {
  test("answers in each encoding what a server of the project's own would", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await redis.call("MSET", "proj:acme:k", "1", "proj:b:k", "SECRET");
    const ask = (command: Command, encoding: "utf8" | "buffer" | "wire"): Promise<unknown> =>
      fleet.command(orders, command, { namespace, encoding });
    expect(await ask(["KEYS", "*"], "utf8")).toEqual(["k"]);
    expect(await ask(["KEYS", "*"], "buffer")).toEqual([Buffer.from("k")]);
    expect(decodeReply((await ask(["KEYS", "*"], "wire")) as Buffer)).toEqual(["k"]);
    expect(await ask(["DBSIZE"], "wire")).toEqual(Buffer.from(":1\r\n"));
    expect(await ask(["SCAN", "0", "WITHTYPE"], "utf8")).toEqual(["0", ["k", "string"]]);
    expect(await ask(["FLUSHDB"], "wire")).toEqual(Buffer.from("+OK\r\n"));
    expect(await ask(["RANDOMKEY"], "wire")).toEqual(Buffer.from("$-1\r\n"));
    expect(await redis.call("KEYS", "*")).toEqual(["proj:b:k"]);
  });

  test("keeps its place among the others of a batch", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await redis.call("SET", "proj:b:k", "SECRET");
    expect(
      await fleet.batch(
        orders,
        [
          ["SET", "k", "1"],
          ["DBSIZE"],
          ["BLPOP", "k", "0"],
          ["FLUSHDB"],
          ["DBSIZE"],
          ["SET", "l", "1"],
          ["KEYS", "*"],
          ["HGET", "l", "f"],
        ],
        { namespace },
      ),
    ).toMatchObject([
      { value: "OK" },
      { value: 1 },
      { error: { code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED" } },
      { value: "OK" },
      { value: 0 },
      { value: "OK" },
      { value: ["l"] },
      { error: { prefix: "WRONGTYPE" } },
    ]);
  });

  test("is refused in a transaction, which takes one write", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await expect(
      fleet.batch(orders, [["SET", "k", "1"], ["FLUSHDB"]], { namespace, atomic: true }),
    ).rejects.toMatchObject({ command: "FLUSHDB", reason: "transaction" });
    expect(await redis.call("DBSIZE")).toBe(0);
  });

  test("answers the server's error in its slot", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await redis.call("ACL", "SETUSER", "default", "-scan");
    await expect(fleet.command(orders, ["KEYS", "*"], { namespace })).rejects.toMatchObject({
      prefix: "NOPERM",
    });
  });

  test("what names a key in a text of the server loses the prefix, also as the cause of a discarded transaction", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const unknown: Command = ["DELIFEQ", "proj:acme:k", "v"];
    const text = "ERR unknown command 'DELIFEQ', with args beginning with: 'proj:acme:k' 'v' ";
    await expect(fleet.command(orders, unknown, { namespace })).rejects.toMatchObject({ message: text });
    expect(await fleet.batch(orders, [unknown], { namespace })).toMatchObject([{ error: { message: text } }]);
    await expect(fleet.batch(orders, [unknown], { namespace, atomic: true })).rejects.toMatchObject({
      prefix: "EXECABORT",
      cause: { message: text },
    });
  });
});
