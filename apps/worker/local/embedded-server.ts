import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { PGlite } from "@electric-sql/pglite";

/** A Postgres on a port of 127.0.0.1. */
export interface EmbeddedServer extends AsyncDisposable {
  readonly url: string;
}

/** What a client may ask for before it logs in: TLS, GSS encryption; neither is offered. */
const encryption = new Set([80_877_103, 80_877_104]);
const terminate = "X".charCodeAt(0);
/** Messages after which the client waits for an answer: Query, Sync. */
const asking = new Set(["Q", "S"].map((type) => type.charCodeAt(0)));

/**
 * Serves an embedded Postgres to other processes, in the protocol of a real one: what one client asks, up to its Sync, is answered
 * before the next is read. That is enough for statements on their own; a transaction over several would not be kept apart.
 */
export async function startEmbeddedServer(): Promise<EmbeddedServer> {
  const database = await PGlite.create();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    serve(socket, database);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await database.close();
    },
  };
}

function serve(socket: Socket, database: PGlite): void {
  let isKnown = false;
  let buffer = Buffer.alloc(0);
  /** Messages that are kept until the client waits for their answer. */
  let unasked: Buffer[] = [];
  socket.on("data", (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (;;) {
      // The first message has no type.
      const at = isKnown ? 1 : 0;
      if (buffer.length < at + 4) return;
      const length = at + buffer.readUInt32BE(at);
      if (buffer.length < length) return;
      const message = buffer.subarray(0, length);
      buffer = buffer.subarray(length);
      if (!isKnown) {
        isKnown = !encryption.has(message.readUInt32BE(4));
        socket.write(isKnown ? welcome : "N");
        continue;
      }
      if (message[0] === terminate) {
        socket.end();
        return;
      }
      unasked.push(message);
      if (!asking.has(message[0]!)) continue;
      const question = Buffer.concat(unasked);
      unasked = [];
      database
        .runExclusive(() => database.execProtocolRaw(question))
        .then(
          (answer) => socket.write(answer),
          () => socket.destroy(),
        );
    }
  });
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** AuthenticationOk, ParameterStatus, ReadyForQuery. */
const welcome = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("S", Buffer.from("server_version\u000018\u0000")),
  message("S", Buffer.from("client_encoding\u0000UTF8\u0000")),
  message("Z", Buffer.from("I")),
]);
