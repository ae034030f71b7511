import { hash } from "node:crypto";

import { createFleet } from "@fleet/client";
import type { Fleet, FleetOptions } from "@fleet/client";
import type { InstanceInput } from "@fleet/discovery";
import type { RedisServer } from "@fleet/testkit";

import { buildGateway } from "../src/app.ts";
import type { Gateway } from "../src/app.ts";
import { parseConfig } from "../src/config/config-schema.ts";

/** The tokens that every test gateway knows. */
export const secrets = {
  full: "full-token-for-tests",
  readOnly: "read-only-token-for-tests",
  shop: "shop-project-token-for-tests",
  bar: "bar-project-token-for-tests",
  aside: "elsewhere-token-for-tests",
  lost: "no-default-token-for-tests",
  admin: "admin-token-for-tests",
} as const;

const digest = (name: keyof typeof secrets): string => hash("sha256", secrets[name]);

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** `duplex` is of Node's fetch, and not of a browser's, whose types some clients bring along. */
export type AskInit = RequestInit & {
  readonly token?: keyof typeof secrets | null;
  readonly duplex?: "half";
};

export interface OpenGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly fleet: Fleet;
  readonly url: string;
  readonly adminUrl: string;
  /** Every log line so far. */
  readonly log: string[];
  /** Names of the commands that reached the fleet. */
  readonly seen: string[];
  ask(path: string, init?: AskInit): Promise<Answered>;
  admin(path: string, token?: keyof typeof secrets | null): Promise<Answered>;
}

interface OpenOptions {
  readonly instances: readonly InstanceInput[];
  readonly settings?: object;
  readonly fleet?: Partial<FleetOptions>;
}

export const at = ({ host, port }: Pick<RedisServer, "host" | "port">): { host: string; port: number } => ({
  host,
  port,
});

/** A gateway on two free ports over a fleet of its own. `orders` is where requests at the root go. */
export async function openGateway({
  instances,
  settings = {},
  fleet: options,
}: OpenOptions): Promise<OpenGateway> {
  const targets = "*";
  const parsed = parseConfig({
    listen: { port: 0 },
    adminListen: { port: 0 },
    log: { level: "debug" },
    drainDelayMs: 0,
    tokens: [
      { name: "full", digest: digest("full"), rights: "full", targets, defaultTarget: "orders" },
      {
        name: "read-only",
        digest: digest("readOnly"),
        rights: "read-only",
        targets,
        defaultTarget: "orders",
      },
      { name: "shop", digest: digest("shop"), rights: "full", targets: ["orders"], project: "shop" },
      { name: "bar", digest: digest("bar"), rights: "full", targets: ["orders"], project: "bar" },
      { name: "aside", digest: digest("aside"), rights: "full", targets: ["elsewhere"] },
      { name: "lost", digest: digest("lost"), rights: "full", targets },
      { name: "admin", digest: digest("admin"), rights: "admin" },
    ],
    ...settings,
  });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  const fleet = await createFleet({ instances, pool: { flush: "poll" }, graceMs: 0, ...options });
  const seen: string[] = [];
  const log: string[] = [];
  const watched = watch(fleet, seen);
  const gateway = buildGateway({
    config: parsed.config,
    fleet: watched,
    logStream: { write: (line) => log.push(line) },
  });
  const { data: url, admin: adminUrl } = await gateway.listen();
  const ask: OpenGateway["ask"] = async (path, { token = "full", headers, ...init } = {}) =>
    answered(
      await fetch(url + path, {
        ...init,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${secrets[token]}` }),
          ...(headers as Record<string, string> | undefined),
        },
      }),
    );
  return {
    gateway,
    fleet,
    url,
    adminUrl,
    log,
    seen,
    ask,
    admin: async (path, token = null) =>
      answered(
        await fetch(
          adminUrl + path,
          token === null ? {} : { headers: { authorization: `Bearer ${secrets[token]}` } },
        ),
      ),
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      await fleet.close();
    },
  };
}

async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  const json: unknown =
    response.headers.get("content-type")?.includes("json") === true && text !== ""
      ? JSON.parse(text)
      : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** The same fleet; what passes is noted. */
function watch(fleet: Fleet, seen: string[]): Pick<Fleet, "command" | "batch" | "instances" | "stats"> {
  return {
    command: (selector, command, options) => {
      seen.push(command[0]);
      return fleet.command(selector, command, options);
    },
    batch: (selector, commands, options) => {
      seen.push(...commands.map(([name]) => name));
      return fleet.batch(selector, commands, options);
    },
    get instances() {
      return fleet.instances;
    },
    get stats() {
      return fleet.stats;
    },
  };
}
