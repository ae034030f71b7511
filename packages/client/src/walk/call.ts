import type { Permit } from "@fleet/breaker";
import type { Access, Command } from "@fleet/isolation";
import type { Encoding } from "@fleet/pool/ioredis";
import type { PickRequest, Ticket } from "@fleet/router";

import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Rank } from "../endpoints/ranks.ts";
import type { Selector } from "./call-options.ts";

/**
 * One call on its way. The same object is the router's request and the lane's options: on the happy path a command costs this one
 * allocation of the client's, and nothing is copied from one step to the next.
 */
export class Call {
  readonly instance: string | undefined;
  readonly group: string | undefined;
  readonly access: Access;
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** For the lane. While it is absent the lane counts from its own reading of the clock, with the fleet's `timeoutMs`. */
  declare deadline?: number;
  declare readonly signal?: AbortSignal | undefined;
  declare readonly encoding?: Encoding;
  /** For the lane: limits of the call's own. */
  declare maxReplyBytes?: number;
  declare maxRepliesBytes?: number;
  /** For the lane: a batch that is one transaction. */
  declare atomic?: boolean;
  /** Endpoints that were asked in vain; set by the first retry. */
  declare exclude?: readonly EndpointTarget[];
  /** Of the endpoints that will do for another attempt; set while one is looked for. */
  declare worstRank?: Rank | undefined;
  declare retriedAt?: number;
  /** The commands go as this project's user, where the fleet makes users. */
  declare project?: string | undefined;
  /** What goes as that user, until a refusal of the user has led to another attempt. */
  declare toRepair?: readonly Command[] | undefined;
  /** What is called, known once the first attempt has failed; absent for a batch and for work on a lease. */
  declare command?: string;
  /** It goes over the bulk lane: what it costs is its own doing, and says nothing of the server. */
  declare isHeavy?: boolean;
  attempts = 0;
  /** Endpoint of the attempt under way, or of the last one. */
  target: EndpointTarget | undefined = undefined;
  ticket: Ticket<EndpointTarget> | undefined = undefined;
  permit: Permit | undefined = undefined;
  /** No further attempt, whatever the error says: the caller's own work has begun. */
  isFinal = false;

  constructor(
    selector: Selector,
    access: Access,
    startedAt: number,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    encoding: Encoding | undefined,
  ) {
    this.instance = selector.instance;
    this.group = selector.group;
    this.access = access;
    this.startedAt = startedAt;
    this.timeoutMs = timeoutMs;
    if (signal !== undefined) this.signal = signal;
    if (encoding !== undefined) this.encoding = encoding;
  }

  /** When the attempt under way began. */
  get attemptedAt(): number {
    return this.retriedAt ?? this.startedAt;
  }

  /** The deadline of all attempts together. */
  get giveUpAt(): number {
    return this.startedAt + this.timeoutMs;
  }

  /** Whether the error is the caller's own word to stop. */
  cancelled(error: unknown): boolean {
    return this.signal?.aborted === true && error === this.signal.reason;
  }

  /** The router wants the absent one of instance and group to be absent for the types too; it reads undefined as absent. */
  get request(): PickRequest<EndpointTarget> {
    return this as unknown as PickRequest<EndpointTarget>;
  }
}
