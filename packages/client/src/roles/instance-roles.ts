import { publishRole } from "../channels.ts";
import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Clock } from "../fleet-options.ts";
import { assign } from "./assign.ts";
import { type Claim, decideRoles } from "./decide-roles.ts";
import type { Gate } from "./gate.ts";
import { type Heard, newcomer, primaryOf } from "./heard.ts";
import { askRole, type RoleReply } from "./role-reply.ts";
import { standingOf } from "./standing.ts";

export interface RolesOptions {
  /** Between two rounds of questions while one primary is known, in ms. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Roles of the endpoints of this instance have changed. */
  readonly changed: (instance: string) => void;
  /** The connection leads to the wrong server; behind the same address there may be the right one. */
  readonly redial: (target: EndpointTarget) => void;
}

/** While no primary is known, several are, or a replica is not to be read from, in ms; also how long an answer may take. */
const urgentMs = 1000;

/** The roles of the endpoints of one instance: asks for them, and decides. */
export class InstanceRoles {
  readonly #name: string;
  readonly #options: RolesOptions;
  readonly #dials: Gate;
  #heard: ReadonlyMap<EndpointTarget, Heard> = new Map();
  /** Whom the source named as the primary last. */
  #hinted: EndpointTarget | undefined;
  #favourite: EndpointTarget | undefined;
  /** Whether anybody is asked at all: not before there is a need, or a first call. */
  #watched = false;
  /** How many say that they are the primary. */
  #claimants = 0;
  #primary: Claim | undefined;
  /** No replica has to be healed. */
  #allFollow = true;
  /** The dispute that was told. */
  #told = "";
  #timer: unknown;
  #doubtedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(name: string, options: RolesOptions, dials: Gate) {
    this.#name = name;
    this.#options = options;
    this.#dials = dials;
  }

  /** These are the endpoints now. Their roles are decided when this returns, by what is known so far. */
  set(targets: readonly EndpointTarget[]): void {
    const settled = this.#settled;
    const heard = this.#heard;
    this.#heard = new Map(targets.map((target) => [target, heard.get(target) ?? newcomer(target)]));
    for (const [target, one] of this.#heard) one.hint = target.hint;
    const named = targets.filter(({ hint }) => hint === "primary");
    const renamed = named.length === 1 && named[0] !== this.#hinted;
    if (renamed) this.#favour((this.#hinted = named[0]));
    this.#decide();
    const lost = settled && !this.#settled;
    if (lost || (renamed && this.#watched)) void this.#watch(targets);
    else if (targets.length > 1) {
      const unknown = targets.filter((target) => this.#isUnknown(target));
      if (unknown.length > 0) void this.#watch(unknown);
    }
  }

  /** A first call has opened its pool. All are asked: whether a replica follows this one is said by the replica. */
  used(target: EndpointTarget): void {
    const heard = this.#heard.get(target);
    if (heard === undefined || (this.#heard.size === 1 && target.hint !== "replica")) return;
    if (heard.asking === undefined) void this.#watch([...this.#heard.keys()]);
  }

  /** It answered READONLY. Resolves when a primary is known or everybody was asked. */
  refused(target: EndpointTarget): Promise<void> {
    const heard = this.#heard.get(target);
    if (heard === undefined) return Promise.resolve();
    heard.refused = true;
    this.#watched = true;
    this.#decideAnew();
    return this.#watch([...this.#heard.keys()]);
  }

  /** A primary did not answer, or in no useful way. */
  doubted(): void {
    // Where things are unsettled everybody is asked every second as it is.
    if (!this.#watched || !this.#settled) return;
    const now = this.#options.clock.now();
    if (now - this.#doubtedAt < urgentMs) return;
    this.#doubtedAt = now;
    void this.#watch([...this.#heard.keys()]);
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** One says that it is the primary, or nobody has asked it yet, or asking is of no use. */
  get #settled(): boolean {
    if (!this.#watched || this.#claimants === 1) return true;
    if (this.#claimants > 1) return false;
    return this.#primary?.asked === false || [...this.#heard.values()].some(({ silent }) => silent);
  }

  #isUnknown(target: EndpointTarget): boolean {
    const heard = this.#heard.get(target);
    if (heard?.said !== undefined) return false;
    // One that joins an instance in use is not read from before it has answered, and no first call opens a pool there any more.
    const isInUse = this.#watched || [...this.#heard.keys()].some(({ openPool }) => openPool !== undefined);
    return target.hint === "unknown" || (isInUse && heard?.asked === false);
  }

  #watch(targets: readonly EndpointTarget[]): Promise<void> {
    this.#watched = true;
    const asked = this.#ask(targets);
    this.#schedule();
    return asked;
  }

  #schedule(): void {
    const { clock, intervalMs, random } = this.#options;
    clock.clearTimeout(this.#timer);
    if (this.#closed) return;
    const ms = this.#settled && this.#allFollow ? intervalMs : Math.min(urgentMs, intervalMs);
    this.#timer = unref(clock.setTimeout(() => this.#round(), ms * (0.75 + random() / 2)));
  }

  #round(): void {
    // A lone endpoint that may be written to is left in peace.
    if (this.#heard.size < 2 && this.#settled) {
      this.#watched = false;
      return;
    }
    // Those without a call too: a failover that nobody announced shows first in the one that is promoted.
    void this.#watch([...this.#heard.keys()]);
  }

  /** Resolves when a primary is known or all were asked. */
  #ask(targets: readonly EndpointTarget[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let due = 0;
    for (const target of targets) {
      const heard = this.#heard.get(target);
      // Maintenance: no calls, and no checks.
      if (heard === undefined || target.state === "maintenance") continue;
      due += 1;
      void this.#asking(target, heard).then(() => {
        due -= 1;
        if (due === 0 || this.#settled) resolve();
      });
    }
    if (due === 0) resolve();
    return promise;
  }

  /** One question at a time. Noted before it is asked, since asking opens the pool. */
  #asking(target: EndpointTarget, heard: Heard): Promise<void> {
    if (heard.asking !== undefined) return heard.asking;
    const { promise, resolve } = Promise.withResolvers<void>();
    heard.asking = promise;
    if (target.role !== "primary")
      target.standing = standingOf(heard, target.replication, {
        reads: target.reads,
        isAlone: this.#heard.size === 1,
        primary: this.#primary,
      });
    void this.#answerOf(target, heard).then((answer) => {
      heard.asking = undefined;
      this.#hear(target, heard, answer);
      resolve();
    });
    return promise;
  }

  async #answerOf(target: EndpointTarget, heard: Heard): Promise<RoleReply | "silent" | "none"> {
    const { clock } = this.#options;
    const { openPool } = target;
    try {
      if (openPool === undefined || openPool.shared.state === "idle")
        await this.#dials.through(async () => {
          if (this.#isKnown(target, heard)) await target.pool.ready();
        });
      if (!this.#isKnown(target, heard)) return "none";
      return (await askRole(target.pool.shared, { deadline: clock.now() + urgentMs })) ?? "silent";
    } catch {
      // Whoever needs it hears why from his own call.
      return "none";
    }
  }

  #hear(target: EndpointTarget, heard: Heard, answer: RoleReply | "silent" | "none"): void {
    if (!this.#isKnown(target, heard)) return;
    heard.asked = true;
    heard.current = answer !== "none";
    if (answer === "silent" && !heard.silent)
      publishRole({ event: "untold", instance: this.#name, endpoint: target.address });
    if (answer !== "none") {
      heard.moved ||= primaryOf(answer) !== primaryOf(heard.said);
      heard.silent = answer === "silent";
      heard.said = answer === "silent" ? undefined : answer;
      heard.refused = false;
    }
    this.#decideAnew();
    const isReplica = answer !== "none" && answer !== "silent" && answer.role === "replica";
    if (isReplica && this.#heard.size === 1 && target.hint !== "replica") this.#options.redial(target);
  }

  #favour(target: EndpointTarget | undefined): void {
    if (target === this.#favourite) return;
    this.#favourite = target;
    for (const heard of this.#heard.values()) heard.moved = heard.said === undefined;
  }

  /** A dispute begins: what was said before it does not count. */
  #askAnew(): void {
    for (const heard of this.#heard.values()) heard.asked = false;
    void this.#ask([...this.#heard.keys()]);
  }

  #isKnown(target: EndpointTarget, heard: Heard): boolean {
    return !this.#closed && this.#heard.get(target) === heard && target.state !== "maintenance";
  }

  #decideAnew(): void {
    if (this.#closed) return;
    const settled = this.#settled;
    if (this.#decide()) this.#options.changed(this.#name);
    if (settled && !this.#settled) this.#schedule();
  }

  /** Gives every endpoint its role. True where one has changed. */
  #decide(): boolean {
    const targets = [...this.#heard.keys()];
    const claims = [...this.#heard.values()];
    const favourite = this.#favourite && this.#heard.get(this.#favourite);
    let decision = decideRoles(claims, favourite);
    const isDispute = decision.claimants.length > 1;
    if (isDispute && this.#claimants < 2) {
      this.#askAnew();
      decision = decideRoles(claims, favourite);
    }
    const { claimants, primary } = decision;
    this.#claimants = claimants.length;
    this.#primary = primary;
    // Who only answered first is no favourite.
    if (claimants.length === 1 && claims.every(({ asked }) => asked))
      this.#favour(targets[claims.indexOf(claimants[0] as Heard)]);
    const dispute = !isDispute ? "" : [primary, ...claimants].map((each) => each?.address).join();
    if (dispute !== this.#told && dispute !== "")
      publishRole({
        event: "disputed",
        instance: this.#name,
        endpoints: claimants.map(({ address }) => address),
        kept: primary?.address,
      });
    this.#told = dispute;
    const { changed, allFollow } = assign(this.#name, this.#heard, decision);
    this.#allFollow = allFollow;
    return changed;
  }
}

/** A pending question keeps no process alive. */
function unref(handle: unknown): unknown {
  (handle as { unref?: () => void }).unref?.();
  return handle;
}
