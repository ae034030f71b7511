import { NotPermittedError, UnauthorizedError } from "../errors.ts";

/**
 * `unauthorized`: no valid token; `port`: an admin token on the data port, or another on the admin port; `target`: an instance or group that is not the token's;
 * `rights`: more than a read-only token may; `command`: refused to every caller of this kind.
 */
export type DenialReason = "unauthorized" | "port" | "target" | "rights" | "command";

export interface DenialRow {
  readonly reason: DenialReason;
  /** Empty where the caller has none that is known. */
  readonly token: string;
  readonly count: number;
}

/** What a line of the log says: `count` denials of this kind since the line before. */
export interface DenialLine {
  readonly reason: DenialReason;
  readonly token: string | undefined;
  readonly address: string | undefined;
  readonly count: number;
}

interface Count {
  readonly reason: DenialReason;
  readonly token: string;
  count: number;
  /** Those since the last line. */
  unlogged: number;
  nextLineAt: number;
}

/** One line a minute for a token and a reason, so that a caller that tries all day does not fill the disk. */
const lineEveryMs = 60_000;

/** Counts what is denied, by reason and token, and logs it at a bounded rate. Tokens are those of the configuration: the rows are few. */
export class Denials {
  readonly #log: (line: DenialLine) => void;
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();

  constructor(log: (line: DenialLine) => void, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /**
   * Counts an error if it is a denial.
   *
   * @param token the name of the caller's token, where it has one.
   * @param address where the caller is connected from: perhaps a proxy.
   */
  note(error: unknown, token: string | undefined, address: string | undefined): void {
    const reason = reasonOf(error);
    if (reason === undefined) return;
    const one = this.#countOf(reason, token ?? "");
    one.count += 1;
    one.unlogged += 1;
    const now = this.#now();
    if (now < one.nextLineAt) return;
    this.#log({ reason, token, address, count: one.unlogged });
    one.unlogged = 0;
    one.nextLineAt = now + lineEveryMs;
  }

  get rows(): readonly DenialRow[] {
    return [...this.#counts.values()].map(({ reason, token, count }) => ({ reason, token, count }));
  }

  #countOf(reason: DenialReason, token: string): Count {
    const key = `${reason} ${token}`;
    let one = this.#counts.get(key);
    if (one === undefined) {
      one = { reason, token, count: 0, unlogged: 0, nextLineAt: -Infinity };
      this.#counts.set(key, one);
    }
    return one;
  }
}

function reasonOf(error: unknown): DenialReason | undefined {
  if (error instanceof UnauthorizedError) return "unauthorized";
  if (error instanceof NotPermittedError) return error.reason;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === "FLEET_ISOLATION_COMMAND_NOT_ALLOWED" ? "command" : undefined;
}
