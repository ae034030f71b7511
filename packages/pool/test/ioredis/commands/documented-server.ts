import { connect, type Socket } from "node:net";

import { findRedis, type RedisServer, startRedis } from "@fleet/testkit";
import { Redis } from "ioredis";

import { documentedCalls } from "./documented-calls.ts";

/** The servers at hand: the usual one, and those named for tests. */
export const servers: readonly {
  readonly title: string;
  readonly path: string | undefined;
  readonly missing: string;
}[] = [
  {
    title: "redis",
    path: (await findRedis().catch(() => undefined))?.path,
    missing: "no redis-server on PATH",
  },
  { title: "redis 8", path: process.env["FLEET_TEST_REDIS_8"], missing: "FLEET_TEST_REDIS_8 is not set" },
  { title: "valkey", path: process.env["FLEET_TEST_VALKEY"], missing: "FLEET_TEST_VALKEY is not set" },
];

export interface DocumentedCommand {
  /** Upper case, a subcommand behind one space. */
  readonly name: string;
  readonly flags: readonly string[];
  readonly documentation: readonly unknown[];
  /** Calls by its documentation, with this word for every key and text. */
  readonly calls: (word: string) => readonly (readonly [string, ...string[]])[];
}

/** What CLIENT LIST says of a connection that later commands on it depend on. */
const states = "name db flags sub psub ssub multi watch resp user redir lib-name lib-ver capa".split(" ");

/** One entry of COMMAND. */
type Info = readonly [
  name: string,
  arity: number,
  flags: readonly string[],
  ...rest: readonly [unknown, unknown, unknown, unknown, unknown, unknown, readonly Info[]],
];

/** The fields of a line of CLIENT LIST; undefined where there is none. */
type State = ReadonlyMap<string, string> | undefined;

/** A server that tells its commands, and what a call has done to its connection. */
export class DocumentedServer implements AsyncDisposable {
  readonly #server: RedisServer;
  readonly #redis: Redis;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.#redis = connectTo(server);
  }

  static async start(path: string): Promise<DocumentedServer> {
    return new DocumentedServer(await startRedis({ server: path }));
  }

  /** Every command that can be called, so without those that only hold others. */
  async commands(): Promise<readonly DocumentedCommand[]> {
    const infos = (await this.#redis.call("COMMAND")) as readonly Info[];
    const callable = infos.flatMap((info) => (info[9].length > 0 ? info[9] : [info]));
    const documented = (await this.#redis.call("COMMAND", "DOCS")) as readonly unknown[];
    const documents = new Map<string, readonly unknown[]>();
    for (let at = 0; at < documented.length; at += 2) {
      const documentation = documented[at + 1] as readonly unknown[];
      documents.set(String(documented[at]).toUpperCase(), documentation);
      const inner = documentation[documentation.indexOf("subcommands") + 1];
      if (!documentation.includes("subcommands")) continue;
      const subcommands = inner as readonly unknown[];
      for (let one = 0; one < subcommands.length; one += 2)
        documents.set(String(subcommands[one]).toUpperCase(), subcommands[one + 1] as readonly unknown[]);
    }
    return callable.map(([id, , flags]) => {
      const documentation = documents.get(id.toUpperCase()) ?? [];
      const name = id.toUpperCase().replace("|", " ");
      return { name, flags, documentation, calls: (word) => documentedCalls(name, documentation, word) };
    });
  }

  /** What one call does to a connection of its own, in an empty database: nothing, or what changed, or that it blocks. */
  async effectOf(call: readonly [string, ...string[]]): Promise<string> {
    const [socket] = await Promise.all([
      dialed(this.#server),
      this.#redis.call("FLUSHALL"),
      // The user that a generated AUTH logs in as; another call may have deleted it.
      this.#redis.call("ACL", "SETUSER", "k", "on", "nopass", "+@all"),
    ]);
    const id = (await ask(socket, ["CLIENT", "ID"])).slice(1).trim();
    await ask(socket, ["PING"]);
    const before = await this.#stateOf(id);
    socket.write(encoded(call));
    let state: State;
    do state = await this.#stateOf(id);
    while (state !== undefined && state.get("cmd")?.split("|")[0]?.toUpperCase() !== call[0]);
    socket.destroy();
    if (state === undefined) return "ended";
    if (state.get("flags")?.includes("b") === true) return "blocked";
    return states
      .filter((one) => state.get(one) !== before?.get(one))
      .map((one) => `${one}=${state.get(one)}`)
      .join(" ");
  }

  async #stateOf(id: string): Promise<State> {
    const line = String(await this.#redis.call("CLIENT", "LIST", "ID", id)).trim();
    if (line === "") return undefined;
    return new Map(line.split(" ").map((pair) => pair.split("=") as [string, string]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#server.close();
  }
}

function connectTo({ host, port }: RedisServer): Redis {
  return new Redis({ host, port, protocol: 2, disableClientInfo: true, enableReadyCheck: false });
}

async function dialed({ host, port }: RedisServer): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

async function ask(socket: Socket, call: readonly string[]): Promise<string> {
  socket.write(encoded(call));
  return new Promise((resolve) => socket.once("data", (data) => resolve(String(data))));
}

function encoded(call: readonly string[]): string {
  return `*${call.length}\r\n${call.map((one) => `$${Buffer.byteLength(one)}\r\n${one}\r\n`).join("")}`;
}
