import { isDeepStrictEqual } from "node:util";

import { Agent, buildConnector, Pool, ProxyAgent, Socks5ProxyAgent } from "undici";
import type { Dispatcher } from "undici";

import type { Transport } from "./api-access.ts";

/** More questions at one time wait: what a thousand dials ask for is not worth a thousand handshakes. */
const maxQuestions = 8;

interface Lanes {
  /** For what is asked and answered. */
  readonly questions: Dispatcher;
  /** For watches: each has a connection of its own, however many there are. */
  readonly watches: Dispatcher;
}

/** The connections to an API server, made anew when certificates change. */
export class ApiConnections {
  #transport: Transport | undefined;
  #lanes: Lanes | undefined;
  /** Those of roads that changed: their watches go on until they end. */
  readonly #all = new Set<Dispatcher>();

  along(transport: Transport): Lanes {
    if (this.#lanes !== undefined && isDeepStrictEqual(transport, this.#transport)) return this.#lanes;
    for (const dispatcher of this.#all) void dispatcher.close().finally(() => this.#all.delete(dispatcher));
    this.#transport = transport;
    this.#lanes = {
      questions: dispatcherOf(transport, maxQuestions),
      watches: dispatcherOf(transport, null),
    };
    this.#all.add(this.#lanes.questions).add(this.#lanes.watches);
    return this.#lanes;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((dispatcher) => dispatcher.destroy()));
  }
}

/** @param connections null for watches: as many as there are, and none of them keeps the process alive. */
function dispatcherOf({ tls, proxy }: Transport, connections: number | null): Dispatcher {
  // As client-go does: half of the idle time after which load balancers forget a connection.
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 };
  const options = {
    connections,
    // HTTP/2 would not share a connection among watches (undici sends one request at a time along each), and adds GOAWAY.
    allowH2: false,
    // The deadlines are ours, by our clock.
    headersTimeout: 0,
    bodyTimeout: 0,
    // Longer than the time between two resyncs, shorter than the 90 s after which an API server hangs up.
    keepAliveTimeout: 75_000,
    keepAliveMaxTimeout: 75_000,
  };
  const isForWatches = connections === null;
  if (proxy === undefined) {
    const connector = buildConnector({ ...connect, allowH2: false });
    return new Agent({ ...options, connect: isForWatches ? withoutReference(connector) : connect });
  }
  if (proxy.startsWith("socks")) {
    // The connection to the proxy carries all the rest.
    const toProxy = buildConnector({ timeout: 5000 });
    return new Socks5ProxyAgent(proxy, {
      ...options,
      connect: isForWatches ? withoutReference(toProxy) : toProxy,
      requestTls: connect,
    });
  }
  const factory = (origin: string | URL, given: object): Dispatcher => {
    const through = given as Pool.Options & { readonly connect: buildConnector.connector };
    return new Pool(origin, { ...through, connect: withoutReference(through.connect) });
  };
  return new ProxyAgent({ ...options, ...(isForWatches && { factory }), uri: proxy, requestTls: connect });
}

function withoutReference(connect: buildConnector.connector): buildConnector.connector {
  return (to, callback) =>
    connect(to, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      socket.unref();
      return callback(null, socket);
    });
}
