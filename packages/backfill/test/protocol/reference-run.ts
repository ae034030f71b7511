import type { CrashLimits } from "../../src/protocol/turn-client.ts";

interface Item {
  readonly attempts: number;
  readonly crashes: number;
  readonly pardons: number;
}

/** What is left of a chunk in the model, by index. */
type Items = Map<number, Item>;

const fresh: Item = { attempts: 0, crashes: 0, pardons: 0 };

interface Chunk {
  state: "fresh" | "leased" | "retry" | "suspect" | "done";
  items: Items;
  token: string;
  worker: string;
  crashes: number;
  /** The index that is at work alone. */
  alone: number | undefined;
  /** Its lease has run out and nobody has looked yet. */
  isExpired: boolean;
  /** Dead letters that were revived while the chunk was in work. */
  revived: Set<number>;
}

/** What a run is, in the plainest way: no time, no Redis, no thought of speed. */
export class ReferenceRun {
  readonly chunks: Chunk[];
  readonly dead = new Map<string, string>();
  readonly #limits: CrashLimits;
  cursor = 0;
  isPaused = false;
  /** The newest token. */
  token = 0;

  constructor(chunks: number, size: number, limits: CrashLimits) {
    this.#limits = limits;
    this.chunks = Array.from({ length: chunks }, () => ({
      state: "fresh",
      items: new Map(Array.from({ length: size }, (_, index) => [index, fresh])),
      token: "",
      worker: "",
      crashes: 0,
      alone: undefined,
      isExpired: false,
      revived: new Set(),
    }));
  }

  holds(chunk: number, token: string, worker: string): boolean {
    const { state, token: own, worker: holder } = this.chunks[chunk]!;
    return state === "leased" && own === token && holder === worker;
  }

  /** Whether being told of the chunk under a token that is not its own is worth a word. */
  isFenced(chunk: number, token: string, worker: string): boolean {
    return !this.holds(chunk, token, worker) && this.chunks[chunk]!.state !== "done";
  }

  finish(chunk: number): void {
    const its = this.chunks[chunk]!;
    its.items = new Map();
    this.#close(its);
  }

  /** Ids that are through, that failed, and whose failure does not count. */
  later(
    chunk: number,
    {
      through = [],
      failed = [],
      pardoned = [],
    }: Partial<Record<"through" | "failed" | "pardoned", number[]>>,
  ): void {
    const its = this.chunks[chunk]!;
    for (const index of through) its.items.delete(index);
    for (const index of failed) {
      const item = its.items.get(index)!;
      its.items.set(index, { ...item, attempts: item.attempts + 1 });
    }
    for (const index of pardoned) {
      const item = its.items.get(index)!;
      its.items.set(index, { ...item, pardons: item.pardons + 1 });
    }
    Object.assign(its, { state: this.#waitingRoom(its), alone: undefined, isExpired: false });
  }

  bury(chunk: number, index: number): void {
    this.chunks[chunk]!.items.delete(index);
    this.dead.set(`${chunk}:${index}`, "permanent");
  }

  mark(chunk: number, index: number): void {
    this.chunks[chunk]!.alone = index;
  }

  /** A worker speaks: leases that ran out are found, its own excepted, which it is here to keep and is told of. */
  reclaim(worker: string): readonly (readonly [number, string])[] {
    const own: [number, string][] = [];
    for (const [number, its] of this.chunks.entries()) {
      if (!its.isExpired) continue;
      its.isExpired = false;
      if (its.worker === worker) own.push([number, its.token]);
      else this.#crash(its);
    }
    return own;
  }

  #crash(its: Chunk): void {
    its.crashes += 1;
    const { alone } = its;
    its.alone = undefined;
    if (alone !== undefined) {
      const item = its.items.get(alone)!;
      if (item.crashes + 1 >= this.#limits.crashLimit - this.#limits.suspectAfter) {
        its.items.delete(alone);
        this.dead.set(`${this.chunks.indexOf(its)}:${alone}`, "crashes");
      } else its.items.set(alone, { ...item, crashes: item.crashes + 1 });
    }
    if (its.items.size === 0) this.#close(its);
    else its.state = this.#waitingRoom(its);
  }

  isSuspect(its: Pick<Chunk, "crashes">): boolean {
    return its.crashes >= this.#limits.suspectAfter;
  }

  #waitingRoom(its: Chunk): "suspect" | "retry" {
    return this.isSuspect(its) ? "suspect" : "retry";
  }

  claim(chunk: number, token: string, worker: string): void {
    Object.assign(this.chunks[chunk]!, { state: "leased", token, worker, isExpired: false });
    this.cursor = Math.max(this.cursor, chunk + 1);
  }

  /** Dead letters come back: with their chunk where that is done, else beside it until it ends. */
  revive(fields: readonly string[]): void {
    const places = fields.map((field) => field.split(":").map(Number) as [number, number]);
    const closed = new Set(
      places.map(([chunk]) => chunk).filter((chunk) => this.chunks[chunk]!.state === "done"),
    );
    for (const chunk of closed) Object.assign(this.chunks[chunk]!, { state: "retry", items: new Map() });
    for (const [chunk, index] of places) {
      this.dead.delete(`${chunk}:${index}`);
      const its = this.chunks[chunk]!;
      if (closed.has(chunk)) its.items.set(index, fresh);
      else its.revived.add(index);
    }
  }

  in(state: Chunk["state"]): readonly number[] {
    return this.chunks.flatMap((chunk, number) => (chunk.state === state ? [number] : []));
  }

  /** What is left of each chunk that is not done. */
  rests(): Readonly<Record<string, unknown>> {
    const rests: Record<string, unknown> = {};
    for (const [chunk, { state, items, crashes, alone }] of this.chunks.entries()) {
      if (state === "done") continue;
      const list = [...items].toSorted(([a], [b]) => a - b);
      rests[chunk] = {
        crashes,
        items: list.map(([index, item]) => [index, item.attempts, item.crashes, item.pardons]),
        alone,
      };
    }
    return rests;
  }

  get isComplete(): boolean {
    return this.chunks.every(({ state }) => state === "done");
  }

  #close(its: Chunk): void {
    Object.assign(its, { alone: undefined, crashes: 0, isExpired: false });
    if (its.revived.size === 0) {
      its.state = "done";
      return;
    }
    its.state = "retry";
    its.items = new Map([...its.revived].map((index) => [index, fresh]));
    its.revived = new Set();
  }
}
