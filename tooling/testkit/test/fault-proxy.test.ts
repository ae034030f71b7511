import { createServer } from "node:net";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { eventually, FakeClock, startFaultProxy } from "../src/index.ts";
import type { Fault } from "../src/index.ts";
import { reset } from "../src/reset.ts";
import { RawClient } from "./raw-client.ts";

interface Upstream extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly received: () => string;
  readonly sockets: Set<Socket>;
}

/** A server that keeps what it gets and answers each piece with the same in RESP. */
async function startEcho(): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let received = "";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received += bytes.toString();
      socket.write(`+${bytes.toString()}\r\n`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    host: "127.0.0.1",
    port: (server.address() as { port: number }).port,
    received: () => received,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function relayed(client: RawClient, text: string): Promise<void> {
  const before = client.received;
  client.send(text);
  await eventually(() => expect(client.received).toBe(`${before}+${text}\r\n`));
}

/** Enough turns of the loop for bytes to arrive if they were on their way. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
}

test("without a fault it relays both ways, and tells each end of the other's end", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await relayed(client, "one");
  expect(proxy.connections).toBe(1);
  client.end();
  await eventually(() => expect(client.ended).toBe("fin"));
  await eventually(() => expect([proxy.connections, upstream.sockets.size]).toEqual([0, 0]));
});

test("a server that is not there resets the client", async () => {
  const upstream = await startEcho();
  await upstream[Symbol.asyncDispose]();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await eventually(() => expect(client.ended).toBe("rst"));
});

test("a server that closes ends the client after its last bytes", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await relayed(client, "one");
  for (const socket of upstream.sockets) socket.end("+bye\r\n");
  await eventually(() => expect([client.ended, client.received]).toEqual(["fin", "+one\r\n+bye\r\n"]));
});

test("cut resets what is open and lets new connections in", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await relayed(client, "one");
  proxy.cut();
  await eventually(() => expect([client.ended, proxy.connections]).toEqual(["rst", 0]));
  await using other = await RawClient.connect(proxy.port);
  await relayed(other, "two");
});

test("close resets what is open and refuses the next; twice is once", async () => {
  await using upstream = await startEcho();
  const proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await proxy.close();
  await proxy.close();
  await eventually(() => expect(client.ended).toBe("rst"));
  await expect(RawClient.connect(proxy.port)).rejects.toThrow("ECONNREFUSED");
});

describe("latency", () => {
  test("delays each piece and keeps the order", async () => {
    const clock = new FakeClock();
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream, { clock });
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind: "latency", ms: 40, jitterMs: 20 }, { direction: "reply" });
    for (const piece of ["a", "b", "c"]) {
      client.send(piece);
      await eventually(() => expect(upstream.received()).toContain(piece));
    }
    await settle();
    await clock.advance(39);
    await settle();
    expect(client.received).toBe("");
    // The longest jitter, three times over if each piece waited for the one before.
    await clock.advance(21);
    await eventually(() => expect(client.received).toBe("+a\r\n+b\r\n+c\r\n"));
  });

  test("healed while bytes wait, they go at once", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind: "latency", ms: 60_000 });
    client.send("late");
    await eventually(() => expect(proxy.connections).toBe(1));
    proxy.heal();
    await eventually(() => expect(client.received).toBe("+late\r\n"));
  });
});

test("bandwidth lets so many bytes a second through", async () => {
  const clock = new FakeClock();
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream, { clock });
  await using client = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "bandwidth", bytesPerSecond: 1000 }, { direction: "reply" });
  client.send("x".repeat(97));
  await eventually(() => expect(clock.pending).toBe(1));
  await clock.advance(50);
  await eventually(() => expect(client.received.length).toBe(40));
  await clock.advance(49);
  await eventually(() => expect(client.received.length).toBe(80));
  await clock.advance(1);
  await eventually(() => expect(client.received.length).toBe(100));
});

test("the slicer delivers byte by byte", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "slicer", bytes: 1 }, { direction: "reply" });
  await relayed(client, "x".repeat(30));
  expect(client.chunks).toBeGreaterThan(5);
});

describe("a black hole", () => {
  test("accepts and never answers, until it is healed: then all arrives in order", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using before = await RawClient.connect(proxy.port);
    await relayed(before, "one");
    proxy.inject({ kind: "blackhole" });
    before.send("two");
    await using during = await RawClient.connect(proxy.port);
    during.send("three");
    await settle();
    expect([upstream.received(), before.received, during.received]).toEqual(["one", "+one\r\n", ""]);
    proxy.heal();
    await eventually(() =>
      expect([before.received, during.received]).toEqual(["+one\r\n+two\r\n", "+three\r\n"]),
    );
  });

  test("of the replies lets the command be executed", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind: "blackhole" }, { direction: "reply" });
    client.send("INCR");
    await eventually(() => expect(upstream.received()).toBe("INCR"));
    expect(client.received).toBe("");
  });

  test("hides that the server is gone", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    await relayed(client, "one");
    proxy.inject({ kind: "blackhole" });
    for (const socket of upstream.sockets) reset(socket);
    await eventually(() => expect(upstream.sockets.size).toBe(0));
    await settle();
    expect(client.ended).toBeUndefined();
    proxy.heal();
    await eventually(() => expect(client.ended).toBe("rst"));
  });
});

test("half-open: the server loses the client, the client notices nothing, and healing helps new connections only", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using before = await RawClient.connect(proxy.port);
  await relayed(before, "one");
  proxy.inject({ kind: "halfOpen" });
  await using during = await RawClient.connect(proxy.port);
  await eventually(() => expect(upstream.sockets.size).toBe(0));
  proxy.heal();
  before.send("two");
  during.send("three");
  await using after = await RawClient.connect(proxy.port);
  await relayed(after, "four");
  expect([before.ended, before.received, during.ended, during.received]).toEqual([
    undefined,
    "+one\r\n",
    undefined,
    "",
  ]);
  expect(upstream.received()).toBe("onefour");
  expect(proxy.connections).toBe(3);
  before.end();
  await eventually(() => expect(proxy.connections).toBe(2));
});

test("rst resets in place of the next byte: of a reply, when the command has been executed", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "rst" }, { direction: "reply" });
  client.send("INCR");
  await eventually(() => expect(client.ended).toBe("rst"));
  expect([upstream.received(), client.received]).toEqual(["INCR", ""]);
});

test("rst of a request resets before the server has seen it", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "rst" }, { direction: "request" });
  client.send("INCR");
  await eventually(() => expect(client.ended).toBe("rst"));
  expect(upstream.received()).toBe("");
});

test("rstAfter and limitData deliver so many bytes and end the connection, each in its way", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  for (const [kind, how] of [
    ["rstAfter", "rst"],
    ["limitData", "fin"],
  ] as const) {
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind, bytes: 7 }, { direction: "reply" });
    await relayed(client, "a");
    client.send("bcd");
    await eventually(() => expect([client.received, client.ended]).toEqual(["+a\r\n+bc", how]));
    proxy.heal();
  }
});

describe("a reply fault", () => {
  test("drops the k-th reply only, so that later ones answer the wrong request", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind: "reply", k: 2, do: "drop" });
    await relayed(client, "one");
    client.send("two");
    await eventually(() => expect(upstream.received()).toBe("onetwo"));
    await eventually(() => expect(proxy.history.map(({ event }) => event)).toContain("reply"));
    client.send("three");
    await eventually(() => expect(client.received).toBe("+one\r\n+three\r\n"));
  });

  test("corrupts it, resets in its place, or puts another in its place", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    proxy.inject({ kind: "reply", k: 1, do: "corrupt" });
    client.send("a");
    await eventually(() => expect(client.received).toBe("\0a\r\n"));
    proxy.inject({ kind: "reply", k: 1, do: { inject: "-LOADING Redis is loading the dataset in memory" } });
    client.send("b");
    await eventually(() =>
      expect(client.received).toBe("\0a\r\n-LOADING Redis is loading the dataset in memory\r\n"),
    );
    proxy.inject({ kind: "reply", k: 1, do: "reset" });
    client.send("c");
    await eventually(() => expect(client.ended).toBe("rst"));
    expect(upstream.received()).toBe("abc");
  });

  test("counts over all connections, and begins at the next reply of an open one", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using first = await RawClient.connect(proxy.port);
    await using second = await RawClient.connect(proxy.port);
    await relayed(first, "one");
    proxy.inject({ kind: "reply", k: 2, do: { inject: "+instead" } });
    await relayed(first, "two");
    second.send("three");
    await eventually(() => expect(second.received).toBe("+instead\r\n"));
    await relayed(first, "four");
  });

  test("finds the reply in whatever slices the server sends it", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    await relayed(client, "x");
    proxy.inject({ kind: "reply", k: 2, do: "drop" });
    const [socket] = upstream.sockets;
    socket!.setNoDelay(true);
    for (const slice of ["*2\r", "\n$1\r\na\r\n", "$2\r\nb", "b\r\n%1\r\n+k", "\r\n:1\r\n+la", "st\r\n"]) {
      socket!.write(slice);
      await turn();
    }
    await eventually(() => expect(client.received).toBe("+x\r\n*2\r\n$1\r\na\r\n$2\r\nbb\r\n+last\r\n"));
  });

  test("a server that does not speak RESP is relayed as it is", async () => {
    await using upstream = await startEcho();
    await using proxy = await startFaultProxy(upstream);
    await using client = await RawClient.connect(proxy.port);
    await eventually(() => expect(upstream.sockets.size).toBe(1));
    proxy.inject({ kind: "reply", k: 1, do: "drop" });
    for (const socket of upstream.sockets) socket.write("HTTP/1.1 200 OK\r\n");
    await eventually(() => expect(client.received).toBe("HTTP/1.1 200 OK\r\n"));
  });
});

test("the history tells in order what was done and what happened to whom", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  await relayed(client, "one");
  proxy.inject({ kind: "rst" }, { direction: "reply" });
  client.send("two");
  await eventually(() => expect(proxy.connections).toBe(0));
  proxy.heal();
  expect(proxy.history).toEqual([
    { atMs: expect.any(Number), event: "opened", connection: 1 },
    { atMs: expect.any(Number), event: "injected", fault: { kind: "rst" }, direction: "reply" },
    { atMs: expect.any(Number), event: "reset", connection: 1, direction: "reply" },
    { atMs: expect.any(Number), event: "closed", connection: 1 },
    { atMs: expect.any(Number), event: "healed" },
  ]);
  const times = proxy.history.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
});

test("a client that does not read is not read ahead of without bound", async () => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  await using client = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "blackhole" }, { direction: "reply" });
  client.send("x");
  await eventually(() => expect(upstream.sockets.size).toBe(1));
  const [socket] = upstream.sockets;
  for (let megabytes = 0; megabytes < 32; megabytes += 1) socket!.write(Buffer.alloc(2 ** 20, "+"));
  await settle();
  expect(socket!.writableLength).toBeGreaterThan(2 ** 20);
});

test.for<readonly [Fault, string]>([
  [{ kind: "latency", ms: -1 }, "latency: ms is -1"],
  [{ kind: "bandwidth", bytesPerSecond: 0 }, "bandwidth: bytesPerSecond is 0"],
  [{ kind: "slicer", bytes: 0 }, "slicer: bytes is 0"],
  [{ kind: "rstAfter", bytes: Number.NaN }, "rstAfter: bytes is NaN"],
  [{ kind: "limitData", bytes: Infinity }, "limitData: bytes is Infinity"],
  [{ kind: "reply", k: 0, do: "drop" }, "reply: k is 0"],
])("%j is refused", async ([fault, message]) => {
  await using upstream = await startEcho();
  await using proxy = await startFaultProxy(upstream);
  expect(() => proxy.inject(fault)).toThrow(message);
  expect(() => proxy.inject({ kind: "halfOpen" }, { direction: "reply" })).toThrow(
    "halfOpen has no direction",
  );
  expect(() => proxy.inject({ kind: "reply", k: 1, do: "drop" }, { direction: "request" })).toThrow(
    RangeError,
  );
  expect(proxy.history).toEqual([]);
});
