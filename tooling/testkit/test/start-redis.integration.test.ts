import { createServer } from "node:net";
import { connect } from "node:tls";

import { describe, expect, test } from "vitest";

import { eventually, startFaultProxy, startRedis } from "../src/index.ts";
import { RawClient } from "./raw-client.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a server answers, says what it is, and is gone after its scope", async () => {
  let pid: number;
  {
    await using redis = await startRedis();
    pid = redis.pid;
    expect(await redis.call("PING")).toBe("PONG");
    expect(String(await redis.call("INFO", "server"))).toContain(redis.version);
    expect(redis.flavour).toMatch(/^(redis|valkey)$/);
    expect(isAlive(pid)).toBe(true);
  }
  expect(isAlive(pid)).toBe(false);
});

test("servers do not share keys, ports or folders", async () => {
  await using one = await startRedis();
  await using other = await startRedis();
  await one.call("SET", "key", "one");
  expect(await other.call("GET", "key")).toBeNull();
  expect(one.port).not.toBe(other.port);
  expect(one.folder).not.toBe(other.folder);
});

test("call answers every kind of reply and throws an error reply with the server's words", async () => {
  await using redis = await startRedis();
  expect(await redis.call("RPUSH", "list", "ä", "")).toBe(2);
  expect(await redis.call("LRANGE", "list", "0", "-1")).toEqual(["ä", ""]);
  await expect(redis.call("INCR", "list")).rejects.toThrow(/^WRONGTYPE /);
  expect(await redis.call("CLIENT", "LIST")).toMatch(/^id=\d+ [^\n]+\n$/);
});

test("close twice is close once, and a closed server does not start again", async () => {
  const redis = await startRedis();
  await redis.close();
  await redis.close();
  await expect(redis.restart()).rejects.toThrow("is closed");
  await expect(redis.call("PING")).rejects.toThrow("ECONNREFUSED");
});

test("a killed server refuses connections; restarted it has the same port, and what it had saved", async () => {
  await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "always" } });
  await redis.call("SET", "key", "kept");
  const { pid, port } = redis;
  await redis.kill();
  await expect(redis.call("PING")).rejects.toThrow("ECONNREFUSED");
  await redis.restart();
  expect([redis.port, await redis.call("GET", "key")]).toEqual([port, "kept"]);
  expect(redis.pid).not.toBe(pid);
});

test("a paused server keeps its connections and does not answer, until it is resumed; kill works meanwhile", async () => {
  await using redis = await startRedis();
  await using client = await RawClient.connect(redis.port);
  redis.pause();
  client.send("PING\r\n");
  await using late = await RawClient.connect(redis.port);
  late.send("PING\r\n");
  redis.resume();
  await eventually(() => expect([client.received, late.received]).toEqual(["+PONG\r\n", "+PONG\r\n"]));
  redis.pause();
  await redis.kill();
  await eventually(() => expect(client.ended).toBeDefined());
  await redis.restart();
  redis.pause();
  await redis.restart();
  expect(await redis.call("PING")).toBe("PONG");
});

test("while it loads its data, it listens and says so", async () => {
  await using redis = await startRedis({
    waitFor: "listening",
    config: { save: "3600 1", "key-load-delay": 500, "loading-process-events-interval-bytes": 1024 },
  });
  await redis.call("DEBUG", "POPULATE", "2000");
  await redis.restart();
  await expect(redis.call("GET", "key:1")).rejects.toThrow(/^LOADING /);
  await eventually(async () => expect(await redis.call("GET", "key:1")).toBe("value:1"));
});

test("unless asked not to, it is loaded when it is ready", async () => {
  await using redis = await startRedis({
    config: { save: "3600 1", "key-load-delay": 500, "loading-process-events-interval-bytes": 1024 },
  });
  await redis.call("DEBUG", "POPULATE", "500");
  await redis.restart();
  expect(await redis.call("GET", "key:1")).toBe("value:1");
});

describe("who may come in", () => {
  test("a password, whatever is in it", async () => {
    await using redis = await startRedis({ password: 'a "b" \\ c#$' });
    expect(redis.password).toBe('a "b" \\ c#$');
    expect(await redis.call("PING")).toBe("PONG");
    await using client = await RawClient.connect(redis.port);
    client.send("PING\r\n");
    await eventually(() => expect(client.received).toMatch(/^-NOAUTH /));
  });

  test("users of one's own, while call may still do everything", async () => {
    await using redis = await startRedis({
      acl: ["user default off", "user reader on >secret ~* +get"],
    });
    await using client = await RawClient.connect(redis.port);
    client.send("AUTH reader secret\r\nGET a\r\nSET a 1\r\n");
    await eventually(() => expect(client.received).toMatch(/^\+OK\r\n\$-1\r\n-NOPERM /));
    expect(await redis.call("SET", "a", "1")).toBe("OK");
  });
});

test("TLS: trusted by its own CA only, for the loopback names, with a client certificate or without", async () => {
  await using redis = await startRedis({ tls: true, password: "secret" });
  expect(await redis.call("PING")).toBe("PONG");
  const { ca, cert, key } = redis.tls!;
  const dial = (options: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: redis.host, port: redis.port, ...options }, () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", reject);
    });
  await dial({ ca });
  await dial({ ca, servername: "localhost" });
  await dial({ ca, cert, key });
  await expect(dial({})).rejects.toThrow(/certificate/);
  await expect(dial({ ca, servername: "elsewhere.example" })).rejects.toThrow("elsewhere.example");
});

test("configuration is taken as written, lists and empty strings included", async () => {
  await using redis = await startRedis({
    config: {
      save: ["900 1", "300 10"],
      "notify-keyspace-events": "",
      maxmemory: 1_000_000,
      "client-output-buffer-limit": ["normal 0 0 0", "pubsub 1mb 1mb 60"],
    },
  });
  const value = async (name: string): Promise<unknown> =>
    ((await redis.call("CONFIG", "GET", name)) as readonly unknown[])[1];
  expect(await value("save")).toBe("900 1 300 10");
  expect(await value("maxmemory")).toBe("1000000");
  expect(await value("client-output-buffer-limit")).toContain("pubsub 1048576 1048576 60");
});

test("a configuration that the server refuses is an error with the server's words", async () => {
  await expect(startRedis({ config: { "no-such-directive": 1 } })).rejects.toThrow(
    /ended at its start:[^]*no-such-directive/,
  );
});

test("a port that somebody holds is an error when it was asked for", async () => {
  const holder = createServer((socket) => socket.destroy());
  await new Promise<void>((listening) => holder.listen(0, "127.0.0.1", listening));
  const { port } = holder.address() as { port: number };
  await expect(startRedis({ port })).rejects.toThrow(`port ${port} is taken`);
  await new Promise((closed) => holder.close(closed));

  await using redis = await startRedis();
  await expect(startRedis({ port: redis.port })).rejects.toThrow("is taken");
  expect(await redis.call("PING")).toBe("PONG");
});

test("ten at once get a port each", async () => {
  await using opened = new AsyncDisposableStack();
  const servers = await Promise.all(Array.from({ length: 10 }, async () => opened.use(await startRedis())));
  expect(new Set(servers.map(({ port }) => port)).size).toBe(10);
});

test("behind a proxy: a command whose reply is lost was executed once, and one that never left not at all", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  await using first = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "reply", k: 1, do: "reset" });
  first.send("INCR tally\r\n");
  await eventually(() => expect(first.ended).toBe("rst"));
  expect(await redis.call("GET", "tally")).toBe("1");

  await using second = await RawClient.connect(proxy.port);
  proxy.inject({ kind: "rst" }, { direction: "request" });
  second.send("INCR tally\r\n");
  await eventually(() => expect(second.ended).toBe("rst"));
  expect(await redis.call("GET", "tally")).toBe("1");
});
