import { CommandNotAllowedError, Namespace, type Reply } from "@fleet/isolation";
import { expect, test } from "vitest";

import { Declarations } from "../src/declarations.ts";

const orders = { instance: "orders" } as const;
const row: Reply = ["newer.get", 2, ["readonly", "fast"], 1, 1, 1, ["@read"], [], [], []];

function declarations(): { subject: Declarations; asked: string[][]; at: { ms: number } } {
  const asked: string[][] = [];
  const at = { ms: 0 };
  const ask = (_: unknown, names: readonly string[]): Promise<Reply> => {
    asked.push([...names]);
    return Promise.resolve(names.map((name) => (name === "NEWER.GET" ? row : null)));
  };
  return { subject: new Declarations({ now: () => at.ms, ask }), asked, at };
}

const refusal = new CommandNotAllowedError("NEWER.GET", "unknown");

test("an owner gets what the server declares, with its access; the server is asked once a minute", async () => {
  const { subject, asked, at } = declarations();
  const commands = [
    ["newer.get", "k"],
    ["GET", "k"],
  ] as const;
  const namespace = await subject.widened(orders, {}, commands, refusal);
  expect(namespace?.scope(["newer.get", "k"])).toMatchObject({ access: "read" });
  await subject.widened(orders, {}, commands, refusal);
  expect(asked).toEqual([["NEWER.GET"]]);
  at.ms = 60_000;
  await subject.widened(orders, {}, commands, refusal);
  expect(asked).toHaveLength(2);
});

test("what the server does not declare stays refused, and is asked for again after five seconds", async () => {
  const { subject, asked, at } = declarations();
  const widened = (): Promise<Namespace | undefined> => subject.widened(orders, {}, [["NOWHERE"]], refusal);
  expect(await widened()).toBeUndefined();
  expect(await widened()).toBeUndefined();
  expect(asked).toHaveLength(1);
  at.ms = 5000;
  expect(await widened()).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test("a project, another refusal and a namespace that was widened already ask nothing", async () => {
  const { subject, asked } = declarations();
  const commands = [["NEWER.GET", "k"]] as const;
  const namespace = await subject.widened(orders, {}, commands, refusal);
  expect(await subject.widened(orders, { namespace }, [["NOWHERE"]], refusal)).toBeUndefined();
  const project = { namespace: Namespace.project("acme") };
  expect(await subject.widened(orders, project, commands, refusal)).toBeUndefined();
  const blocking = new CommandNotAllowedError("BLPOP", "blocking");
  expect(await subject.widened(orders, {}, commands, blocking)).toBeUndefined();
  expect(asked).toHaveLength(1);
});
