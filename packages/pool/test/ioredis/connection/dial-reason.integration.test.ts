import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

import { startRedis, startSentinel } from "@fleet/testkit";
import { describe, expect, onTestFinished, test } from "vitest";

import { dialReasons } from "../../../src/index.ts";
import { RedisPool, type RedisPoolOptions } from "../../../src/ioredis/index.ts";

interface Failure {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly cause?: { readonly code?: string };
}

/** Why a connection of each lane could not be made. */
async function failures(
  options: Omit<RedisPoolOptions, "name" | "host"> & { host?: string },
): Promise<readonly Failure[]> {
  await using pool = new RedisPool({ name: "p", host: "127.0.0.1", dialTimeoutMs: 2000, ...options });
  const caught = async (work: Promise<unknown>): Promise<Failure> => {
    return work.then(
      () => expect.fail("it connected"),
      (error: unknown) => error as Failure,
    );
  };
  const shared = await caught(pool.shared.send(["PING"]));
  expect(pool.health).toMatchObject({
    status: "unhealthy",
    lastError: shared.code,
    lastReason: shared.reason,
  });
  return [shared, await caught(pool.exclusive.acquire())];
}

/** The same of both lanes. */
function because(reason: (typeof dialReasons)[number], text = /./): readonly object[] {
  const code = expect.stringMatching(/^FLEET_POOL_(?:CONNECT_FAILED|AUTHENTICATION)$/) as unknown;
  const message = expect.stringMatching(text) as unknown;
  return [0, 1].map(() => ({ code, reason, message }));
}

async function started(options: Parameters<typeof startRedis>[0] = {}): ReturnType<typeof startRedis> {
  const server = await startRedis(options);
  onTestFinished(() => server.close());
  return server;
}

/** A server that does this with each connection. */
async function serving(each: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => "its client left");
    each(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("where no Redis answers", () => {
  test("refused", async () => {
    await using server = await startRedis();
    await server.kill();
    expect(await failures({ port: server.port })).toMatchObject(because("refused", /ECONNREFUSED/));
  });

  test("a name that does not resolve", async () => {
    expect(await failures({ host: "no-such-host.invalid", port: 6379 })).toMatchObject(
      because("dns", /no-such-host/),
    );
  });

  test("a server that is silent", async () => {
    const port = await serving(() => undefined);
    expect(await failures({ port, dialTimeoutMs: 300 })).toMatchObject(
      because("timeout", /no connection within 300 ms/),
    );
  });

  test("a server that is silent is not taken for one without TLS", async () => {
    const port = await serving(() => undefined);
    expect(await failures({ port, dialTimeoutMs: 300, tls: () => ({}) })).toMatchObject(because("timeout"));
  });

  test("a server that closes is not taken for one with TLS", async () => {
    expect(await failures({ port: await serving((socket) => socket.end()) })).toMatchObject(
      because("closed"),
    );
  });

  test("a server that closes at the first bytes, as Postgres does, may be no Redis", async () => {
    const port = await serving((socket) => socket.once("data", () => socket.destroy()));
    expect(await failures({ port })).toMatchObject(because("closed", /may be no Redis/));
  });

  test("a Sentinel, whether it is sent a password or not", async () => {
    await using set = await startSentinel();
    const { port } = set.sentinels[0]!;
    expect(await failures({ port })).toMatchObject(because("sentinel", /is a Sentinel, which has no data/));
    const credentials = async (): Promise<{ password: string }> => ({ password: "CANARY" });
    expect(await failures({ port, credentials })).toMatchObject(because("sentinel"));
  });

  test("a web server", async () => {
    const port = await serving((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    expect(await failures({ port })).toMatchObject(
      because("not-redis", /does not speak the protocol of Redis/),
    );
  });
});

describe("TLS", () => {
  test("is expected and not spoken", async () => {
    const { port } = await started({ tls: true });
    expect(await failures({ port })).toMatchObject(because("tls-expected", /the server seems to expect TLS/));
  });

  test("is expected, with a certificate of clients", async () => {
    const { port } = await started({ tls: true, config: { "tls-auth-clients": "yes" } });
    expect(await failures({ port })).toMatchObject(because("tls-expected", /the server seems to expect TLS/));
  });

  test("is spoken to a server that does not", async () => {
    const { port } = await started();
    expect(await failures({ port, tls: () => ({}) })).toMatchObject(
      because("tls-not-expected", /answers in plain text/),
    );
  });

  test("is spoken to a server that does not, and wants a password", async () => {
    const { port } = await started({ password: "p" });
    expect(await failures({ port, tls: () => ({}) })).toMatchObject(
      because("tls-not-expected", /answers in plain text/),
    );
  });

  test("with a certificate of another name, which the error tells", async () => {
    const { port, tls } = await started({ tls: true });
    const other = { port, tls: () => ({ ca: tls!.ca, servername: "orders.shop.svc" }) };
    expect(await failures(other)).toMatchObject(
      because("tls-certificate-name", /orders\.shop\.svc.*localhost/),
    );
    const [failure] = await failures(other);
    expect(failure?.cause?.code).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("with a certificate of an authority that is not known", async () => {
    const { port } = await started({ tls: true });
    expect(await failures({ port, tls: () => ({}) })).toMatchObject(
      because("tls-certificate-untrusted", /^[^\n]*; fleet\.dev\/tls-secret, or `ca`[^\n]*$/),
    );
  });

  test("with an authority that is no PEM", async () => {
    const { port, tls } = await started({ tls: true });
    const empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (const ca of ["CA", empty, [Buffer.from("CA")]])
      expect(await failures({ port, tls: () => ({ ca }) })).toMatchObject(
        because("tls-certificate-untrusted", /`ca\.crt` of its Secret, is no certificate in PEM$/),
      );
    expect(await failures({ port, tls: () => ({ ca: tls!.ca, cert: "x", key: "y" }) })).toMatchObject(
      because("tls-failed", /^p: connect failed: PEM routines: no start line$/),
    );
  });

  test("of a server that has as many clients as it may", async () => {
    const { port, tls } = await started({ tls: true, config: { maxclients: "1" } });
    const { ca } = tls!;
    await using pool = new RedisPool({ name: "p", host: "127.0.0.1", port, tls: () => ({ ca }) });
    await pool.shared.send(["PING"]);
    expect(await failures({ port, tls: () => ({ ca }) })).toMatchObject(because("closed", /maxclients/));
  });

  test("without the certificate of a client that the server wants", async () => {
    const { port, tls } = await started({ tls: true, config: { "tls-auth-clients": "yes" } });
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
      expect(await failures({ port, tls: () => ({ ca: tls!.ca, maxVersion }) })).toMatchObject(
        because("tls-client-certificate", /^[^\n]*; the server wants a client certificate[^\n]*$/),
      );
    const { ca, cert, key } = tls!;
    await using pool = new RedisPool({ name: "p", host: "127.0.0.1", port, tls: () => ({ ca, cert, key }) });
    expect(await pool.shared.send(["PING"])).toBe("PONG");
  });
});

describe("a password", () => {
  const wrong = async (): Promise<{ password: string }> => ({ password: "CANARY" });

  test("is wrong", async () => {
    const { port } = await started({ password: "p" });
    expect(await failures({ port, credentials: wrong })).toMatchObject(
      because("wrong-password", /^p: WRONGPASS/),
    );
  });

  test("is missing", async () => {
    const { port } = await started({ password: "p" });
    expect(await failures({ port })).toMatchObject(because("password-missing", /NOAUTH/));
  });

  test("is one too many", async () => {
    const { port } = await started();
    expect(await failures({ port, credentials: wrong })).toMatchObject(
      because("password-not-expected", /without any password/),
    );
  });

  test("cannot be had: the error has the code of that, and none of its words", async () => {
    const { port } = await started();
    const credentials = async (): Promise<never> => {
      throw Object.assign(new Error("CANARY"), { code: "FLEET_DISCOVERY_API_FORBIDDEN" });
    };
    expect(await failures({ port, credentials })).toMatchObject(
      because("credentials-unavailable", /credentials failed \(FLEET_DISCOVERY_API_FORBIDDEN\)$/),
    );
    expect(await failures({ port, tls: credentials })).toMatchObject(
      because("certificates-unavailable", /TLS settings failed/),
    );
  });
});

test("a server that has as many clients as it may", async () => {
  const { port } = await started({ config: { maxclients: "1" } });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write("PING\r\n");
  await once(socket, "data");
  expect(await failures({ port })).toMatchObject(because("max-clients", /max number of clients/));
});
