import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { eventually } from "@fleet/testkit";
import { expect, test } from "vitest";

import { tracked } from "../kubernetes/reflector/tracked.ts";
import { HttpSource } from "./http-source.ts";
import { changingSourceContract, sourceContract } from "./source-contract.ts";
import type { ChangingSubject } from "./source-contract.ts";

const list = (...names: readonly string[]): object => ({
  instances: names.map((name) => ({ name, endpoints: [{ host: "10.0.0.1", port: 6379 }] })),
});

async function subject(): Promise<ChangingSubject> {
  let world: object | undefined = list("orders", "sessions");
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.statusCode = world === undefined ? 503 : 200;
    response.end(JSON.stringify(world));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { source, isOpen } = tracked(new HttpSource(`http://127.0.0.1:${port}/fleet`, 5));
  return {
    source,
    names: ["orders", "sessions"],
    // Of three more questions the last is asked after the answer to one that was asked after now.
    settle: async () => {
      const before = asked;
      await eventually(() => expect(asked >= before + 3 || !isOpen()).toBe(true));
    },
    change: () => {
      world = list("orders", "users");
      return Promise.resolve(["orders", "users"]);
    },
    damage: () => Promise.resolve(void (world = undefined)),
    heal: () => Promise.resolve(void (world = list("orders", "sessions"))),
    [Symbol.asyncDispose]: async () => {
      await source.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

sourceContract("The guide's HttpSource", subject);
changingSourceContract("The guide's HttpSource", subject);

test("the guide shows it whole, and it is short", () => {
  const [source, guide] = ["http-source.ts", "../../../../docs/guide/own-source.md"].map((path) =>
    readFileSync(new URL(path, import.meta.url), "utf8"),
  );
  expect(guide).toContain(`\`\`\`ts\n${source}\`\`\``);
  expect(source!.split("\n").length).toBeLessThanOrEqual(52);
});
