import { classify, type Reply, type SendOptions, type SharedLane } from "@fleet/pool/ioredis";

/** What a server says of itself. Addresses are `host:port`, as the servers know each other. */
export type RoleReply =
  | { readonly role: "primary"; readonly replicas: readonly string[] }
  | { readonly role: "replica"; readonly primary: string };

/**
 * Asks a server for its role. `undefined` when it does not say: the user may call neither ROLE nor INFO, or it is no ordinary Redis.
 *
 * @throws what the lane throws when there is no answer.
 */
export async function askRole(
  lane: Pick<SharedLane, "send">,
  options: SendOptions,
): Promise<RoleReply | undefined> {
  const reply = await unlessRefused(lane.send(["ROLE"], options));
  if (reply !== undefined) return fromRole(reply);
  const info = await unlessRefused(lane.send(["INFO", "replication"], options));
  return typeof info === "string" ? fromInfo(info) : undefined;
}

async function unlessRefused(reply: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await reply;
  } catch (error) {
    const { outcome, recoverable, countsAsFailure } = classify(error);
    if (outcome === "replied" && !recoverable && !countsAsFailure) return undefined;
    throw error;
  }
}

/** https://redis.io/docs/latest/commands/role/ */
export function fromRole(reply: Reply): RoleReply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [role, second, third] = reply as readonly Reply[];
  if (role === "slave") return { role: "replica", primary: addressOf(second, third) };
  if (role !== "master" || !Array.isArray(third)) return undefined;
  const replicas = third as readonly Reply[];
  return {
    role: "primary",
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
  if (facts.get("role") === "slave")
    return { role: "replica", primary: addressOf(facts.get("master_host"), facts.get("master_port")) };
  if (facts.get("role") !== "master") return undefined;
  const replicas: string[] = [];
  for (const [name, value] of facts) {
    const [, host, port] = (/^slave\d+$/.test(name) && /^ip=([^,]+),port=(\d+),/.exec(value)) || [];
    if (host !== undefined) replicas.push(addressOf(host, port));
  }
  return { role: "primary", replicas };
}

function addressOf(host: Reply | undefined, port: Reply | undefined): string {
  return `${String(host).toLowerCase()}:${String(port)}`;
}
