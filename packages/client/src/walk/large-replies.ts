import { costOf } from "@fleet/isolation";
import type { Lane, Reply, ScopedCommand } from "@fleet/isolation";

/** From here on a reply makes the small ones behind it wait: 64 kB are half a millisecond at a gigabit. */
const largeBytes = 65_536;
const largeElements = 4096;

/** How long a command counts as one with large replies after it had one, in milliseconds. */
const rememberedMs = 10_000;

/** Projects and commands come from callers: without a bound they would fill the memory. */
const maxRemembered = 1024;

export interface LargeRepliesOptions {
  /** Milliseconds, near enough. */
  readonly now: () => number;
}

/**
 * Which commands of which project had large replies a moment ago. They go over the bulk lane, as those do that are known to be heavy,
 * so that no small reply stands behind a large one for longer than it takes to learn that it is large.
 */
export class LargeReplies {
  readonly #now: () => number;
  /** Until when, by project and name of the command. */
  readonly #until = new Map<string, number>();

  constructor({ now }: LargeRepliesOptions) {
    this.#now = now;
  }

  /** The lane that a command goes over. */
  laneOf({ lane, cost, command }: Pick<ScopedCommand, "lane" | "cost" | "command">, project?: string): Lane {
    if ((cost ?? costOf(command)) === "heavy") return "bulk";
    return this.#until.size > 0 && this.#isRemembered(project, command[0]) ? "bulk" : lane;
  }

  /** @param reply as the lane answered it. */
  note(reply: Reply, name: string, project?: string): void {
    if (isLarge(reply)) this.#remember(project, name);
  }

  /** A reply that was too large to be kept is large; a script that took all of its time is slow. */
  noteFailed(error: unknown, name: string, project?: string): void {
    const { code } = error as { readonly code?: unknown };
    const isSlow = code === "FLEET_POOL_COMMAND_TIMEOUT" && isScript(name);
    if (isSlow || code === "FLEET_POOL_REPLY_TOO_LARGE") this.#remember(project, name);
  }

  #remember(project: string | undefined, name: string): void {
    const key = keyOf(project, name);
    this.#until.delete(key);
    this.#until.set(key, this.#now() + rememberedMs);
    // The one whose large reply is the longest ago stands first.
    for (const [oldest] of this.#until) {
      if (this.#until.size <= maxRemembered) break;
      this.#until.delete(oldest);
    }
  }

  #isRemembered(project: string | undefined, name: string): boolean {
    const key = keyOf(project, name);
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(key);
    return false;
  }
}

function keyOf(project: string | undefined, name: string): string {
  return `${project ?? ""} ${name.toUpperCase()}`;
}

/** What only its own text knows the cost of. */
export function isScript(name: string): boolean {
  return /^(?:eval|evalsha|fcall)(?:_ro)?$/i.test(name);
}

function isLarge(reply: Reply): boolean {
  if (typeof reply === "string" || Buffer.isBuffer(reply)) return reply.length >= largeBytes;
  return Array.isArray(reply) && reply.length >= largeElements;
}
