import { seededRandom } from "@fleet/testkit";

import { Invocations } from "../../../../packages/isolation/test/invocations.ts";
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

/** Takes elements by chance: two servers would drift apart. */
const takesByChance = new Set(["SPOP"]);

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
    if (takesByChance.has(name.toUpperCase())) return next();
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
  while (sent < commands) {
    const length = Math.min(roundLength, commands - sent);
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
