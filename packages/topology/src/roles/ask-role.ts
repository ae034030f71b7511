import type { Link } from "./role.ts";

/** A decoded reply. */
export type Reply = string | number | Buffer | null | Error | readonly Reply[];

/** What a server says of its own role. Addresses are `host:port`, as the servers know each other. */
export type RoleReply = {
  /**
   * The replication ids of the server, the current one first: a primary shares it with all replicas that follow it, directly or through
   * others, by whatever address. Absent when the user may not call INFO.
   */
  readonly history?: readonly string[];
} & (
  | {
      readonly role: "primary";
      readonly replicas: readonly string[];
      /** How much the primary has written to its replicas, in bytes. Absent when the server does not say. */
      readonly offset?: number;
    }
  | {
      readonly role: "replica";
      readonly primary: string;
      /** Absent when the server names a state that Redis does not have. */
      readonly link?: Link;
      /** How far the replica has read, in bytes; -1 while it is linked to no primary. */
      readonly offset?: number;
      /** Whether the replica was ever linked since its start. Absent when the user may not call INFO. */
      readonly hasSynced?: boolean;
    }
);

/** How to ask one server. */
export interface Server {
  /** Sends one command to the server. */
  readonly send: (command: readonly [name: string, ...args: string[]]) => Promise<Reply>;
  /** Whether an error of `send` is the server's refusal of the command itself (`NOPERM`, an unknown command): asking again is of no use. */
  readonly isRefusal: (error: unknown) => boolean;
}

/**
 * Asks a server for its role, by ROLE and INFO in one turn. `undefined` when the server does not say: the user may call neither, or it
 * is no ordinary Redis.
 *
 * @throws what `send` throws when there is no answer.
 */
export async function askRole({ send, isRefusal }: Server): Promise<RoleReply | undefined> {
  const unlessRefused = async (command: readonly [string, ...string[]]): Promise<Reply | undefined> => {
    try {
      return await send(command);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  };
  const [role, text] = await Promise.all([unlessRefused(["ROLE"]), unlessRefused(["INFO", "replication"])]);
  const info = typeof text === "string" ? fromInfo(text) : undefined;
  if (role === undefined) return info;
  const said = fromRole(role);
  // The same answer in other words, with what ROLE leaves out.
  return said !== undefined && info?.role === said.role ? { ...info, ...said } : said;
}

/** The link states of ROLE. A state that is not listed is another server's, of which nothing is known. */
const links: ReadonlyMap<unknown, Link> = new Map<unknown, Link>([
  ["connected", "connected"],
  ["sync", "syncing"],
  ["none", "down"],
  ["connect", "down"],
  ["connecting", "down"],
  ["handshake", "down"],
]);

/** https://redis.io/docs/latest/commands/role/ */
export function fromRole(reply: Reply): RoleReply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [role, second, third, state, offset] = reply as readonly Reply[];
  if (role === "slave") {
    const link = links.get(state);
    return {
      role: "replica",
      primary: addressOf(second, third),
      ...(link !== undefined && { link }),
      ...(typeof offset === "number" && { offset }),
    };
  }
  if (role !== "master" || !Array.isArray(third)) return undefined;
  const replicas = third as readonly Reply[];
  return {
    role: "primary",
    ...(typeof second === "number" && { offset: second }),
    replicas: replicas.map((each) => (Array.isArray(each) ? addressOf(each[0], each[1]) : "")),
  };
}

/** https://redis.io/docs/latest/commands/info/ */
export function fromInfo(text: string): RoleReply | undefined {
  const facts = new Map(
    text.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  const history = ["master_replid", "master_replid2"]
    .map((name) => facts.get(name) ?? "")
    .filter((id) => /[^0]/.test(id));
  const known = history.length > 0 ? { history } : {};
  if (facts.get("role") === "slave") {
    const link = linkOf(facts);
    const offset = Number(facts.get("slave_repl_offset") ?? Number.NaN);
    return {
      role: "replica",
      primary: addressOf(facts.get("master_host"), facts.get("master_port")),
      ...known,
      ...(link !== undefined && { link, hasSynced: link === "connected" || wasLinked(facts) }),
      // Unlike ROLE, INFO goes on to give the last offset, and 0 where there was none.
      ...(Number.isSafeInteger(offset) && { offset: link === "down" ? -1 : offset }),
    };
  }
  if (facts.get("role") !== "master") return undefined;
  const replicas: string[] = [];
  for (const [name, value] of facts) {
    const [, host, port] = (/^slave\d+$/.test(name) && /^ip=([^,]+),port=(\d+),/.exec(value)) || [];
    if (host !== undefined) replicas.push(addressOf(host, port));
  }
  const offset = Number(facts.get("master_repl_offset") ?? Number.NaN);
  return { role: "primary", replicas, ...(Number.isSafeInteger(offset) && { offset }), ...known };
}

function linkOf(facts: ReadonlyMap<string, string>): Link | undefined {
  const status = facts.get("master_link_status");
  if (status === "up") return "connected";
  if (status !== "down") return undefined;
  return facts.get("master_sync_in_progress") === "1" ? "syncing" : "down";
}

/** A replica that was never linked gives -1, and before Redis 7 the seconds since 1970. */
function wasLinked(facts: ReadonlyMap<string, string>): boolean {
  const seconds = Number(facts.get("master_link_down_since_seconds") ?? -1);
  return seconds >= 0 && seconds < 1_000_000_000;
}

function addressOf(host: Reply | undefined, port: Reply | undefined): string {
  return `${String(host).toLowerCase()}:${String(port)}`;
}
