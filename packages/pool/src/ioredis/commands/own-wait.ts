import { blockOf } from "./command-rules.ts";

const seconds = 1000;

/** Where a command has the time for which it may be kept waiting, and in what unit. */
const waits: ReadonlyMap<string, (args: readonly unknown[]) => number> = new Map([
  ...["BLMOVE", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZPOPMAX", "BZPOPMIN"].map(
    (name) => [name, (args: readonly unknown[]) => milliseconds(args.at(-1), seconds)] as const,
  ),
  ["BLMPOP", (args) => milliseconds(args[0], seconds)],
  ["BZMPOP", (args) => milliseconds(args[0], seconds)],
  ["WAIT", (args) => milliseconds(args[1], 1)],
  ["WAITAOF", (args) => milliseconds(args[2], 1)],
  ["XREAD", ofBlock],
  ["XREADGROUP", ofBlock],
]);

/**
 * For how long the server may keep a command waiting by the command's own arguments, in milliseconds; Infinity where it
 * has no end, 0 where it does not block.
 *
 * @param name in upper case.
 */
export function ownWaitMs(name: string, args: readonly unknown[]): number {
  return waits.get(name)?.(args) ?? 0;
}

function ofBlock(args: readonly unknown[]): number {
  const block = blockOf(args);
  return block === undefined ? 0 : milliseconds(block, 1);
}

/** The server refuses at once what is no number. */
function milliseconds(argument: unknown, unit: number): number {
  const given = Number(String(argument));
  if (given === 0) return Infinity;
  return given > 0 ? given * unit : 0;
}
