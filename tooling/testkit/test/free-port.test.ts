import { createServer, Server } from "node:net";

import { expect, test } from "vitest";

import { freePort, listenOnFreePort } from "../src/free-port.ts";

test("a port is one that a server may have", async () => {
  const port = await freePort();
  await using server = createServer();
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  expect(server.address()).toMatchObject({ port });
});

/** Fails each time that it is to listen. */
class Failing extends Server {
  tries = 0;
  readonly #code: string;

  constructor(code: string) {
    super();
    this.#code = code;
  }

  override listen(): this {
    this.tries += 1;
    queueMicrotask(() => this.emit("error", Object.assign(new Error("listen failed"), { code: this.#code })));
    return this;
  }
}

test("a machine without 127.0.0.1 is told the command that helps, at once", async () => {
  const server = new Failing("EADDRNOTAVAIL");
  await expect(listenOnFreePort(server)).rejects.toThrow(
    "this machine has no 127.0.0.1, where servers of tests and of `start` listen; `sudo ip address add 127.0.0.1/8 dev lo` gives it one",
  );
  expect(server.tries).toBe(1);
});

test("ports that are taken are passed over, up to fifty", async () => {
  const server = new Failing("EADDRINUSE");
  await expect(listenOnFreePort(server)).rejects.toThrow("listen failed");
  expect(server.tries).toBe(50);
});
