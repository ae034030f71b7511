import { count, printed } from "@fleet/options";

import { InvalidOptionError } from "../../../errors.ts";
import type { Limit, ReplyLimits } from "../../resp/reply-limits.ts";
import type { BatchOptions, SendOptions, SharedLaneSettings } from "./shared-lane-options.ts";

/** Arrays inside of arrays: no command of Redis answers more than a few, a script can answer any number. */
export const maxReplyDepth = 64;

type Settings = Pick<SharedLaneSettings, "maxReplyBytes" | "maxRepliesBytes" | "maxReplyElements">;

/** The replies of a batch share a budget. */
export type BatchLimits = ReplyLimits & { readonly budget: { leftBytes: number } };

const bytes = count(1);

/** What the callers of a lane take of their replies. */
export class LaneLimits {
  readonly #settings: Settings;
  readonly #usual: ReplyLimits;

  constructor(settings: Settings) {
    const { maxReplyBytes, maxReplyElements } = settings;
    this.#settings = settings;
    this.#usual = { maxReplyBytes, maxReplyElements, maxReplyDepth, budget: undefined };
  }

  /** @throws InvalidOptionError */
  ofCall(options: SendOptions | undefined): ReplyLimits {
    const maxReplyBytes = options?.maxReplyBytes;
    if (maxReplyBytes === undefined) return this.#usual;
    check("maxReplyBytes", maxReplyBytes);
    return { ...this.#usual, maxReplyBytes };
  }

  get maxRepliesBytes(): number {
    return this.#settings.maxRepliesBytes;
  }

  /** @throws InvalidOptionError */
  ofBatch(options: BatchOptions | undefined): BatchLimits {
    const leftBytes = options?.maxRepliesBytes ?? this.#settings.maxRepliesBytes;
    check("maxRepliesBytes", leftBytes);
    return { ...this.ofCall(options), budget: { leftBytes } };
  }
}

/** What the array of EXEC may have, in which the replies of so many commands stand. */
export function ofTransaction(limits: BatchLimits, commands: number): ReplyLimits {
  return {
    maxReplyBytes: Infinity,
    maxReplyElements: limits.maxReplyElements * commands + 1,
    maxReplyDepth: limits.maxReplyDepth + 1,
    budget: limits.budget,
  };
}

/** What a reply is over, in words. */
export function wordsOf(
  { maxReplyBytes, maxReplyElements, maxReplyDepth, budget }: ReplyLimits,
  limit: Limit,
): string {
  if (limit === "elements") return `maxReplyElements ${maxReplyElements}`;
  if (limit === "depth") return `${maxReplyDepth} arrays inside of one another`;
  return budget !== undefined && budget.leftBytes < maxReplyBytes
    ? `maxRepliesBytes, of which ${budget.leftBytes} were left`
    : `maxReplyBytes ${maxReplyBytes}`;
}

/** @throws InvalidOptionError */
function check(name: string, given: number): void {
  if (!bytes.fits(given)) throw new InvalidOptionError(name, bytes.expected, printed(given));
}
