import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

import { startRedis } from "../src/index.ts";
import { startApiServerDouble } from "../src/kubernetes/index.ts";
import { reset } from "../src/reset.ts";

// Uses what its command line names, closes it, and has nothing more to do: it must end.

/** Each connection is reset one tick later after its end has begun: in some of them the shutdown is under way. */
async function socket(): Promise<void> {
  let ticks = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {}).end("bye");
    const left = (count: number): void =>
      count === 0 ? reset(socket) : process.nextTick(() => left(count - 1));
    left(ticks);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  for (; ticks < 10; ticks += 1) {
    const client = connect(port, "127.0.0.1").resume();
    client.on("error", () => {});
    await once(client, "close");
  }
  server.close();
}

/** The double closes a few turns after a client has said good-bye: in one of them its own TLS end is under way. */
async function double(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) {
    const server = await startApiServerDouble();
    const client = connectHttp2(server.url, { ca: server.ca });
    client.on("error", () => {});
    const watch = client.request({
      ":path": "/api/v1/namespaces/shop/services?watch=true",
      authorization: `Bearer ${server.adminToken}`,
    });
    watch.on("error", () => {});
    await once(watch, "response");
    watch.close();
    client.close();
    for (let passed = 0; passed < turns; passed += 1) await turn();
    await server.close();
    client.destroy();
  }
}

/** The watchdog runs, and has guarded a server. */
async function server(): Promise<void> {
  await using redis = await startRedis();
  await redis.call("PING");
}

const uses: Readonly<Record<string, () => Promise<void>>> = { socket, double, server };
await uses[process.argv[2]!]!();
