import { type Reply, type ScopedCommand, unchanged } from "@fleet/isolation";
import { decodeReply, type Encoding, encodeReply } from "@fleet/pool/ioredis";

/**
 * The reply as the caller may see it: names of keys have lost the prefix.
 *
 * @throws ForeignKeyError when it is no reply to this command.
 */
export function restoredReply(scoped: ScopedCommand, reply: Reply, encoding: Encoding | undefined): Reply {
  if (scoped.restore === unchanged) return reply;
  if (encoding !== "wire") return scoped.restore(reply);
  const value = decodeReply(reply as Buffer, "buffer");
  const restored = scoped.restore(value);
  return restored === value ? reply : encodeReply(restored);
}
