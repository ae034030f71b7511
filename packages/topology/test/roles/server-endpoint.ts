import type { RedisServer } from "@fleet/testkit";

import {
  askRole,
  type AskedEndpoint,
  type Reply,
  type Replication,
  type Role,
  type RoleReply,
  type Standing,
} from "../../src/index.ts";

/** A real server, asked over a connection for each question. */
export class ServerEndpoint implements AskedEndpoint {
  readonly instance = "orders";
  readonly address: string;
  hint: Role;
  readonly reads = "any";
  isAskable = true;
  isInUse = false;
  isConnected = false;
  role: Role = "unknown";
  replication: Replication | undefined = undefined;
  standing: Standing = "follows";
  /** How often it was asked, and how often that is over. */
  questions = 0;
  answers = 0;
  readonly #server: Pick<RedisServer, "call">;

  constructor(server: Pick<RedisServer, "host" | "port" | "call">, hint: Role = "unknown") {
    this.#server = server;
    this.address = `${server.host}:${server.port}`;
    this.hint = hint;
    this.role = hint;
  }

  connect(): Promise<void> {
    this.isConnected = true;
    return Promise.resolve();
  }

  ask(): Promise<RoleReply | undefined> {
    this.questions += 1;
    return askRole({
      send: (command) => this.#server.call(...command) as Promise<Reply>,
      isRefusal: (error) => error instanceof Error && /^(?:NOPERM|ERR unknown command)/.test(error.message),
    }).finally(() => (this.answers += 1));
  }
}
