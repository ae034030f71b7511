import type { Address } from "../instance/address-map.ts";
import type { SentinelConnection } from "./sentinel-connection.ts";

/** A replica, as one sentinel sees it. */
export interface ToldReplica extends Address {
  readonly down: boolean;
  /** This sentinel has no connection to it: it has yet to find out, or will say soon that it is down. */
  readonly apart: boolean;
}

/** A primary and its replicas, as one sentinel sees them. */
export interface ToldMaster extends Address {
  readonly name: string;
  /** Grows with every failover: of two answers the higher one is the newer. */
  readonly epoch: number;
  readonly down: boolean;
  readonly replicas: readonly ToldReplica[];
  /** Why no failover can happen, in the sentinel's words. */
  readonly noQuorum: string | undefined;
}

/** Another sentinel, as one sees it. */
export interface ToldSentinel extends Address {
  readonly id: string;
  readonly down: boolean;
}

/** What one sentinel knows. */
export interface SentinelAnswer {
  /** Its own, also after it was restarted or has moved. */
  readonly id: string;
  readonly masters: ReadonlyMap<string, ToldMaster>;
  /** The sentinels that it names, without itself. */
  readonly others: readonly ToldSentinel[];
  /** It has still to reach a peer, and will not report when it has. */
  readonly unsettled: boolean;
}

/**
 * Asks a sentinel (Redis 6.2 and later) for all it knows.
 *
 * @throws what the connection throws, an Error when what answers is no sentinel.
 */
export async function askSentinel(connection: SentinelConnection): Promise<SentinelAnswer> {
  const [id, list] = await Promise.all([
    connection.call("SENTINEL", "MYID"),
    connection.call("SENTINEL", "MASTERS"),
  ]);
  if (typeof id !== "string") throw noSentinel();
  const told = await Promise.all(factsOf(list).map((facts) => askMaster(connection, facts)));
  const known = told.filter((one) => one !== undefined);
  return {
    id,
    masters: new Map(known.map(({ master }) => [master.name, master])),
    others: known.flatMap(({ others }) => others),
    unsettled: known.some(({ unsettled }) => unsettled),
  };
}

interface MasterAnswer {
  readonly master: ToldMaster;
  readonly others: SentinelAnswer["others"];
  readonly unsettled: boolean;
}

/** Undefined when the master was removed between two questions. */
async function askMaster(connection: SentinelConnection, facts: Facts): Promise<MasterAnswer | undefined> {
  const name = text(facts, "name");
  try {
    const [replicas, others, noQuorum] = await Promise.all([
      connection.call("SENTINEL", "REPLICAS", name).then(factsOf),
      connection.call("SENTINEL", "SENTINELS", name).then(factsOf),
      connection.call("SENTINEL", "CKQUORUM", name).then(() => undefined, quorumFault),
    ]);
    return {
      master: {
        name,
        ...addressOf(facts),
        epoch: number(facts, "config-epoch"),
        down: isDown(facts),
        replicas: replicas.map((one) => ({ ...addressOf(one), down: isDown(one), apart: isApart(one) })),
        noQuorum,
      },
      others: others.map((one) => ({ ...addressOf(one), id: text(one, "runid"), down: isDown(one) })),
      // A sentinel reports when a peer goes down and comes back, not when it has reached it for the first time.
      unsettled: replicas.some((one) => isApart(one) && !isDown(one)),
    };
  } catch (error) {
    if (messageOf(error).startsWith("ERR No such master")) return undefined;
    throw error;
  }
}

function quorumFault(error: unknown): string {
  const message = messageOf(error);
  if (!message.startsWith("NOQUORUM ")) throw error;
  return message.slice("NOQUORUM ".length);
}

type Facts = ReadonlyMap<unknown, unknown>;

/** A list of facts by name: flat lists on RESP2, maps or records on RESP3. */
function factsOf(list: unknown): readonly Facts[] {
  if (!Array.isArray(list)) throw noSentinel();
  return list.map((item: unknown) => {
    if (item instanceof Map) return item;
    if (typeof item !== "object" || item === null) throw noSentinel();
    if (!Array.isArray(item)) return new Map(Object.entries(item));
    return new Map(
      item.flatMap((key: unknown, at) => (at % 2 === 0 ? [[key, item[at + 1] as unknown]] : [])),
    );
  });
}

function text(facts: Facts, name: string): string {
  const value = facts.get(name);
  if (typeof value !== "string") throw noSentinel();
  return value;
}

function number(facts: Facts, name: string): number {
  const value = text(facts, name);
  if (!/^\d+$/.test(value)) throw noSentinel();
  return Number(value);
}

function addressOf(facts: Facts): Address {
  return { host: text(facts, "ip"), port: number(facts, "port") };
}

function has(facts: Facts, ...flags: readonly string[]): boolean {
  const told = text(facts, "flags").split(",");
  return flags.some((flag) => told.includes(flag));
}

function isDown(facts: Facts): boolean {
  return has(facts, "s_down", "o_down");
}

/** The sentinel has no connection to it. */
function isApart(facts: Facts): boolean {
  return has(facts, "disconnected");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

function noSentinel(): Error {
  return new Error("it answers, but not as a sentinel does");
}
