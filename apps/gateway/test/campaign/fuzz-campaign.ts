import { seededRandom } from "@fleet/testkit";
import { Invocations } from "@fleet/testkit";

import { shrunk } from "./shrink.ts";
import { type Sent, Tenants, tenants } from "./tenants.ts";

export interface FuzzOptions {
  readonly commands: number;
  readonly seed: number;
  /** Path of the server's program. @default the usual one */
  readonly server?: string | undefined;
  /** Rounds that are run first: what failed before. */
  readonly corpus: readonly (readonly Sent[])[];
  readonly progress?: (done: number) => void;
}

export interface Fuzzed {
  readonly sent: number;
  readonly answered: number;
  /** Of the answered ones. */
  readonly errors: number;
  readonly refused: number;
  /** Empty where all is well; else what failed first, made as small as it gets. */
  readonly failures: readonly { readonly fault: string; readonly sent: readonly Sent[] }[];
}

/** Give a key, or fields of it, as long as their second argument says. */
const lasting = new Set(["EXPIRE", "PEXPIRE", "SETEX", "PSETEX", "HEXPIRE", "HPEXPIRE"]);

/**
 * Whether two servers would drift apart: it takes by chance or in the order of a hash table, or compares times of which each server has its
 * own, or what it writes is gone before the other server has it.
 */
function driftsApart(name: string, args: readonly (string | Buffer)[]): boolean {
  const words = args.map((argument) => String(argument).toUpperCase());
  if (name.startsWith("SORT")) return words.includes("BY");
  if (!lasting.has(name)) return name === "SPOP";
  return words.includes("GT") || words.includes("LT") || /^[1-9]\d{0,6}$/.test(words[1] ?? "");
}

/** How many commands run between two looks at what they have done. */
const roundLength = 400;

/** Commands of two tenants, sense and nonsense, through a whole gateway; it ends with the first round that fails. */
export async function fuzz({ commands, seed, server, corpus, progress }: FuzzOptions): Promise<Fuzzed> {
  await using campaign = await Tenants.open(server);
  const names = await campaign.commandNames();
  const random = seededRandom(seed);
  const invocations = new Invocations(random, (name) => names.has(name));
  const next = (): Sent => {
    const [name, ...args] = random() < 0.7 ? invocations.next() : invocations.nonsense();
    if (driftsApart(name.toUpperCase(), args)) return next();
    const tenant = tenants[Math.floor(random() * tenants.length)]!;
    return { tenant, command: [name, ...args.map(textOf)] };
  };
  let sent = 0;
  let answered = 0;
  let errors = 0;
  let refused = 0;
  const run = async (round: readonly Sent[]): Promise<Fuzzed["failures"]> => {
    const done = await campaign.run(round);
    sent += round.length;
    answered += done.answered;
    errors += done.errors;
    refused += done.refused;
    if (done.fault === undefined) return [];
    const small = await shrunk(round, async (part) => (await campaign.run(part)).fault !== undefined);
    const { fault = `not again: ${done.fault}` } = await campaign.run(small);
    return [{ fault, sent: small }];
  };
  for (const round of corpus) {
    const failures = await run(round);
    if (failures.length > 0) return { sent, answered, errors, refused, failures };
  }
  const rounds = Math.ceil(commands / roundLength);
  for (let round = 1; round <= rounds; round += 1) {
    const length = Math.min(roundLength, commands - (round - 1) * roundLength);
    const failures = await run(Array.from({ length }, next));
    progress?.(sent);
    if (failures.length > 0) return { sent, answered, errors, refused, failures };
  }
  return { sent, answered, errors, refused, failures: [] };
}

/** JSON carries text: bytes that are none become the text of their Latin-1. */
function textOf(argument: string | Buffer): string {
  return (typeof argument === "string" ? argument : argument.toString("latin1")).toWellFormed();
}
