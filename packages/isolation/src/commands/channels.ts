import { firstKey, type CommandRow } from "../command-row.ts";
import { channelCounts, channelNames } from "../keyspace/channels.ts";

/** Messages. A project's channels have its prefix; patterns are counted for all, so their number is the owner's. */
export const channels: readonly CommandRow[] = [
  { name: "PUBLISH", arity: 3, access: "write", keys: firstKey, channels: true },
  { name: "PUBSUB CHANNELS", arity: -2, access: "read", emulated: channelNames },
  { name: "PUBSUB NUMPAT", arity: 2, access: "read", dedicated: "pubsub" },
  { name: "PUBSUB NUMSUB", arity: -2, access: "read", emulated: channelCounts },
  { name: "PUBSUB SHARDCHANNELS", arity: -2, access: "read", emulated: channelNames },
  { name: "PUBSUB SHARDNUMSUB", arity: -2, access: "read", emulated: channelCounts },
  { name: "SPUBLISH", arity: 3, access: "write", keys: firstKey, channels: true },
];
