import type { Argument, Command, Program, Reply } from "../command.ts";
import type { Prefix } from "./prefix.ts";
import type { Emulation } from "./program.ts";

/** PUBSUB CHANNELS and SHARDCHANNELS: the project's channels that have subscribers. */
export const channelNames: Emulation = {
  inProject:
    (prefix, [name, subcommand = "", pattern = "*"]) =>
    () =>
      namesProgram(prefix, [name, subcommand, prefix.pattern(pattern)]),
};

function* namesProgram(prefix: Prefix, command: Command): Program {
  const [reply] = yield [command];
  return prefix.owned(reply);
}

/** PUBSUB NUMSUB and SHARDNUMSUB: how many subscribers the project's channels have. */
export const channelCounts: Emulation = {
  inProject:
    (prefix, [name, subcommand = "", ...channels]) =>
    () =>
      countsProgram(prefix, [name, subcommand], channels),
};

function* countsProgram(prefix: Prefix, command: Command, channels: readonly Argument[]): Program {
  if (channels.length === 0) return [];
  const own = channels.map((channel) => Buffer.from(channel as string));
  const [reply] = yield [[...command, ...own.map((channel) => prefix.full(channel))]];
  const counts = (reply as readonly Reply[]).filter((_, index) => index % 2 === 1);
  return own.flatMap((channel, index): Reply[] => [channel, counts[index]!]);
}
