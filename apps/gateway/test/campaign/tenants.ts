import { hash } from "node:crypto";

import { passwordOf } from "@fleet/isolation/acl";
import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";

import { at, openGateway } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";
import { byChance, comparable } from "./comparable.ts";
import type { Slot } from "./comparable.ts";

/** One command of one tenant; text only, as JSON carries it. */
export interface Sent {
  readonly tenant: Tenant;
  readonly command: readonly [string, ...string[]];
}

export type Tenant = (typeof tenants)[number];

export const tenants = ["shop", "bar"] as const;

export interface Round {
  /** What went wrong; undefined where nothing did. */
  readonly fault: string | undefined;
  /** Answered by Redis, errors of Redis included. */
  readonly answered: number;
  /** Of these, errors. */
  readonly errors: number;
  /** Refused by the gateway. */
  readonly refused: number;
}

const victim = [
  ["SET", "proj:victim:secret", "SECRET"],
  ["SET", "proj:victim:expiring", "SECRET", "PXAT", "4102444800000"],
  ["HSET", "proj:victim:hash", "f1", "SECRET"],
  ["RPUSH", "proj:victim:list", "1", "SECRET"],
  ["ZADD", "proj:victim:zset", "1", "SECRET"],
  ["XADD", "proj:victim:stream", "1-1", "f1", "SECRET"],
  ["SET", "secret", "SECRET of no project"],
] as const;

/**
 * Two tenants with project tokens on a Redis that a third has data on, behind a whole gateway that makes users of projects; and for each
 * of the two a Redis of its own, asked for through the same gateway without a project.
 */
export class Tenants implements AsyncDisposable {
  readonly #opened: AsyncDisposableStack;
  readonly #shared: RedisServer;
  readonly #own: Readonly<Record<Tenant, RedisServer>>;
  readonly #gateway: OpenGateway;
  #foreign = "";

  private constructor(
    opened: AsyncDisposableStack,
    shared: RedisServer,
    own: Readonly<Record<Tenant, RedisServer>>,
    gateway: OpenGateway,
  ) {
    this.#opened = opened;
    this.#shared = shared;
    this.#own = own;
    this.#gateway = gateway;
  }

  /** @param server Path of the server's program. @default the usual one */
  static async open(server?: string): Promise<Tenants> {
    await using opened = new AsyncDisposableStack();
    const start = async (): Promise<RedisServer> =>
      opened.use(
        await startRedis({
          ...(server !== undefined && { server }),
          config: { "enable-debug-command": "yes" },
        }),
      );
    const [shared, shop, bar] = [await start(), await start(), await start()];
    const servers = { orders: shared, "own-shop": shop, "own-bar": bar };
    const gateway = opened.use(
      await openGateway({
        instances: Object.entries(servers).map(([name, one]) => ({ name, endpoints: [at(one)] })),
        settings: {
          log: { level: "warn" },
          tokens: [
            ...tenants.map((name) => ({ ...token(name), targets: ["orders"], project: name })),
            ...tenants.map((name) => ({
              ...token(`own-${name}`),
              targets: [`own-${name}`],
              dedicated: true,
            })),
          ],
        },
        fleet: { acl: { password: (project) => passwordOf(project, "of this campaign") } },
      }),
    );
    return new Tenants(opened.move(), shared, { shop, bar }, gateway);
  }

  /** What the servers can run; upper case, subcommands behind a space. */
  async commandNames(): Promise<ReadonlySet<string>> {
    const names = (await this.#shared.call("COMMAND", "LIST")) as readonly string[];
    return new Set(names.map((name) => name.toUpperCase().replace("|", " ")));
  }

  /** On empty key spaces: runs the commands, in order for each tenant, and compares what came of them. */
  async run(sent: readonly Sent[]): Promise<Round> {
    await this.#empty();
    let answered = 0;
    let errors = 0;
    let refused = 0;
    for (const tenant of tenants) {
      const commands = sent.filter((one) => one.tenant === tenant).map(({ command }) => command);
      const slots = await this.#pipeline(tenant, commands);
      const taken = commands.filter((_, index) => !isRefused(slots[index]!));
      const replies = slots.filter((slot) => !isRefused(slot));
      refused += slots.length - taken.length;
      answered += taken.length;
      errors += replies.filter(({ error }) => error !== undefined).length;
      const alone = await this.#pipeline(`own-${tenant}`, taken);
      for (const [index, command] of taken.entries()) {
        const [got, expected] = [replies[index]!, alone[index]!];
        const told = JSON.stringify(command);
        if (/NOPERM|SECRET/.test(got.error ?? JSON.stringify(got.result)))
          return {
            answered,
            errors,
            refused,
            fault: `${tenant}: ${told} was answered ${JSON.stringify(got)}`,
          };
        if (byChance.has(command[0].toUpperCase())) continue;
        if (comparable(command[0], got) !== comparable(command[0], expected))
          return {
            answered,
            errors,
            refused,
            fault: `${tenant}: ${told} was answered ${JSON.stringify(got)}, alone ${JSON.stringify(expected)}`,
          };
      }
    }
    return { answered, errors, refused, fault: (await this.#effects()) ?? (await this.#users(sent)) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async #empty(): Promise<void> {
    for (const server of [this.#shared, ...Object.values(this.#own)]) await server.call("FLUSHALL");
    for (const command of victim) await this.#shared.call(...command);
    await this.#shared.call("ACL", "LOG", "RESET");
    this.#foreign = await this.#foreignNow();
  }

  async #effects(): Promise<string | undefined> {
    const foreign = await this.#foreignNow();
    if (foreign !== this.#foreign) return `foreign keys were ${this.#foreign} and are ${foreign}`;
    for (const tenant of tenants) {
      const inProject = await contents(this.#shared, `proj:${tenant}:`);
      const alone = await contents(this.#own[tenant], "");
      if (inProject !== alone) {
        const [here, there] = [new Set(inProject.split("\n")), new Set(alone.split("\n"))];
        const only = (one: ReadonlySet<string>, other: ReadonlySet<string>): string =>
          [...one].filter((line) => !other.has(line)).join(", ");
        return `${tenant} alone has not ${only(here, there)}; in the project is not ${only(there, here)}`;
      }
    }
    const log = (await this.#shared.call("ACL", "LOG")) as readonly unknown[];
    return log.length === 0 ? undefined : `the server denied ${JSON.stringify(log[0])}`;
  }

  /** Without this nothing of the above would show that the server checks too. */
  async #users(sent: readonly Sent[]): Promise<string | undefined> {
    if (sent.length < tenants.length) return undefined;
    const list = String(await this.#shared.call("CLIENT", "LIST"));
    const asked = new Set(sent.map(({ tenant }) => tenant));
    const missing = [...asked].find((tenant) => !list.includes(`user=fleet-${tenant} `));
    return missing === undefined ? undefined : `no connection is that of the user of ${missing}`;
  }

  async #foreignNow(): Promise<string> {
    const expires = await this.#shared.call("PEXPIRETIME", "proj:victim:expiring");
    const all = await contents(this.#shared, "");
    const own = all.split("\n").filter((line) => !tenants.some((name) => line.startsWith(`"proj:${name}:`)));
    return `${own.join("\n")} ${String(expires)}`;
  }

  async #pipeline(name: string, commands: readonly (readonly string[])[]): Promise<readonly Slot[]> {
    if (commands.length === 0) return [];
    const response = await fetch(`${this.#gateway.url}/pipeline`, {
      method: "POST",
      headers: { authorization: `Bearer ${secretOf(name)}`, "upstash-encoding": "base64" },
      body: JSON.stringify(commands),
    });
    const text = await response.text();
    if (response.status !== 200)
      throw new Error(`a pipeline of ${name} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as readonly Slot[];
  }
}

/** A slot that the gateway itself has refused: no server saw it. */
function isRefused({ code }: Slot): boolean {
  return code?.startsWith("FLEET_ISOLATION_") === true || code === "FLEET_POOL_WRONG_LANE";
}

/** What the keys hold that begin with the prefix: a line each, in order, without it. */
async function contents(server: RedisServer, prefix: string): Promise<string> {
  const keys = (await server.call("KEYS", `${prefix}*`)) as readonly string[];
  if (keys.length === 0) return "";
  const digests = (await server.call("DEBUG", "DIGEST-VALUE", ...keys)) as readonly string[];
  return keys
    .map((key, index) => `${JSON.stringify(key.slice(prefix.length))} ${digests[index]}`)
    .toSorted()
    .join("\n");
}

const secretOf = (name: string): string => `${name}-token-of-the-campaign`;

function token(name: string): { name: string; digest: string; rights: "full" } {
  return { name, digest: hash("sha256", secretOf(name)), rights: "full" };
}
