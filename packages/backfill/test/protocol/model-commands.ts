import { isDeepStrictEqual } from "node:util";

import type * as fc from "fast-check";
import { expect } from "vitest";

import { type Remainder, remainderOf } from "../../src/protocol/item.ts";
import { resurrect, steer } from "../../src/protocol/lua/scripts.ts";
import { readAnswer } from "../../src/protocol/read-answer.ts";
import type { SettlementReport } from "../../src/protocol/settlement-report.ts";
import { type Actor, chunksOf, type TurnReply } from "./actor.ts";
import type { ReferenceRun } from "./reference-run.ts";
import type { ScriptScene } from "./script-scene.ts";

// oxlint-disable vitest/no-standalone-expect -- these are the steps of a test

/** How many chunks, ids per chunk, and workers. */
export const [chunks, size, workers] = [6, 3, 3] as const;

const whole = Array.from({ length: size }, (_, index) => [index, 0, 0, 0]);

export interface Model {
  readonly run: ReferenceRun;
  /** What each worker believes to hold: it is not told when a lease runs out. */
  readonly beliefs: readonly Map<number, string>[];
  /** What each worker said last, and what came of it. */
  readonly said: (TurnReply | undefined)[];
  readonly turns: number[];
}

export interface Real {
  readonly scene: ScriptScene;
  readonly actors: readonly Actor[];
}

type Command = fc.AsyncCommand<Model, Real>;

interface State {
  readonly rest: Readonly<Record<string, unknown>>;
  readonly [fact: string]: unknown;
}

/** Everything that stands in Redis, in the words of the model. */
async function stateOf({ scene: { run, link } }: Real): Promise<State> {
  const { keys } = run;
  const list = async (command: string, ...args: string[]): Promise<string[]> =>
    (await link.call(command, args)) as string[];
  const flat = await list("HGETALL", keys.rest);
  const rest: Record<string, unknown> = {};
  for (let at = 0; at < flat.length; at += 2) rest[flat[at]!] = plain(JSON.parse(flat[at + 1]!) as Remainder);
  const bits = await Promise.all(
    Array.from({ length: chunks }, (_, chunk) => link.call("GETBIT", [keys.done, chunk])),
  );
  return {
    leased: (await list("ZRANGE", keys.lease, "0", "-1")).toSorted(),
    held: (await list("HKEYS", keys.held)).toSorted(),
    retry: (await list("ZRANGE", keys.retry, "0", "-1")).toSorted(),
    suspect: (await list("ZRANGE", keys.suspect, "0", "-1")).toSorted(),
    done: bits.flatMap((bit, chunk) => (bit === 1 ? [String(chunk)] : [])),
    dead: (await list("HKEYS", keys.dead)).toSorted(),
    revived: (await list("HKEYS", keys.revive)).toSorted(),
    cursor: Number(await link.call("GET", [keys.cursor])),
    rest,
  };
}

function modelState({ run }: Model): State {
  const named = (numbers: readonly number[]): string[] => numbers.map(String).toSorted();
  return {
    leased: named(run.in("leased")),
    held: named(run.in("leased")),
    retry: named(run.in("retry")),
    suspect: named(run.in("suspect")),
    done: named(run.in("done")),
    dead: [...run.dead.keys()].toSorted(),
    revived: named(run.chunks.flatMap(({ revived }, chunk) => (revived.size > 0 ? [chunk] : []))),
    cursor: run.cursor,
    rest: run.rests(),
  };
}

/** What is left of a chunk, in the words of the model: what is not said is said. */
function plain(left: Remainder): unknown {
  return {
    crashes: left.crashes ?? 0,
    items:
      left.items
        ?.map(([index, attempts, crashes, , pardons = 0]) => [index, attempts, crashes, pardons])
        .toSorted(([a = 0], [b = 0]) => a - b) ?? whole,
    alone: left.alone?.index,
  };
}

async function agree(model: Model, real: Real): Promise<void> {
  const [found, modelled] = [await stateOf(real), modelState(model)];
  // Of a chunk that was never in trouble nothing need stand there, and something may.
  const rest = Object.fromEntries(
    Object.entries(modelled.rest).map(([chunk, left]) => [
      chunk,
      !(chunk in found.rest) && isDeepStrictEqual(left, plain({})) ? left : found.rest[chunk],
    ]),
  );
  const understood = { ...found, rest: { ...found.rest, ...rest } };
  // By hand: the report of a property shows an error's message only.
  if (!isDeepStrictEqual(understood, modelled))
    throw new Error(`Redis has ${JSON.stringify(understood)}, the model ${JSON.stringify(modelled)}`);
}

/** What a worker says of one chunk that it believes to hold. */
export type Word = "silent" | "done" | "through" | "failed" | "pardoned" | "bury" | "hand back" | "alone";

export class Turn implements Command {
  readonly worker: number;
  readonly want: number;
  readonly suspect: boolean;
  readonly words: readonly (readonly [Word, number])[];

  constructor(worker: number, want: number, suspect: boolean, words: readonly (readonly [Word, number])[]) {
    this.worker = worker;
    this.want = want;
    this.suspect = suspect;
    this.words = words;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const actor = real.actors[this.worker]!;
    const beliefs = model.beliefs[this.worker]!;
    const done: [number, string][] = [];
    const settlements: SettlementReport[] = [];
    const fenced: number[] = [];
    const spoken = [...beliefs].map(
      ([chunk, token], at) => ({ chunk, token, word: this.words[at] ?? ["silent", 0] }) as const,
    );
    const finished = spoken.filter(({ word }) => word[0] === "done");
    for (const { chunk, token } of finished) {
      done.push([chunk, token]);
      beliefs.delete(chunk);
      if (model.run.holds(chunk, token, actor.name)) model.run.finish(chunk);
      else if (model.run.isFenced(chunk, token, actor.name)) fenced.push(chunk);
    }
    for (const { chunk, token, word } of spoken) {
      if (word[0] === "silent" || word[0] === "done") continue;
      if (word[0] !== "alone") beliefs.delete(chunk);
      const settled = tell(model.run, actor.name, chunk, token, word);
      settlements.push(settled);
      if (model.run.isFenced(chunk, token, actor.name) && !heard.has(settled)) fenced.push(chunk);
    }
    const overdue = model.run.reclaim(actor.name);
    const reply = await actor.turn({ want: this.want, suspect: this.suspect, done, settlements });
    expect(reply.fenced ?? []).toEqual(fenced);
    expect(reply.overdue ?? []).toEqual(overdue.map(([chunk, token]) => ({ chunk, token })));

    const claimed = chunksOf(reply);
    const waiting = {
      suspect: model.run.in("suspect"),
      retry: model.run.in("retry"),
      fresh: model.run.in("fresh"),
    };
    const isOpen = !model.run.isPaused;
    const expected = {
      suspect: isOpen && this.suspect ? Math.min(1, waiting.suspect.length) : 0,
      retry: isOpen ? Math.min(this.want, waiting.retry.length) : 0,
    };
    const fresh = isOpen ? Math.min(this.want - expected.retry, waiting.fresh.length) : 0;
    const from = (list: readonly number[]): number =>
      claimed.filter(({ chunk }) => list.includes(chunk)).length;
    expect({
      suspect: from(waiting.suspect),
      retry: from(waiting.retry),
      fresh: from(waiting.fresh),
    }).toEqual({
      ...expected,
      fresh,
    });
    if (claimed.length > 0) {
      expect(Number(reply.token)).toBeGreaterThan(model.run.token);
      model.run.token = Number(reply.token);
    }
    for (const { chunk, remainder } of claimed) {
      expect(plain(JSON.parse(remainder ?? "{}") as Remainder)).toEqual(model.run.rests()[chunk]);
      model.run.claim(chunk, reply.token!, actor.name);
      beliefs.set(chunk, reply.token!);
    }
    if (claimed.length === 0) expect(reply.state === "complete").toBe(model.run.isComplete);
    model.said[this.worker] = reply;
    model.turns[this.worker]! += 1;
    await agree(model, real);
  }

  toString(): string {
    return `turn(${this.worker}, want ${this.want}, suspect ${this.suspect}, ${this.words.map((word) => word.join("/")).join(" ")})`;
  }
}

/** Settlements that the model took at their word. */
const heard = new WeakSet<SettlementReport>();

/** Says it to the model, and answers how it is said to Redis. */
function tell(
  run: ReferenceRun,
  worker: string,
  chunk: number,
  token: string,
  [word, pick]: readonly [Word, number],
): SettlementReport {
  const its = run.chunks[chunk]!;
  const isOwn = run.holds(chunk, token, worker);
  const indexes = [...its.items.keys()];
  const chosen = isOwn ? indexes[pick % indexes.length]! : 0;
  const base = { chunk, token };
  const rest = (): string =>
    JSON.stringify(
      remainderOf(
        its.crashes,
        [...its.items].map(([index, item]) => ({ id: "x", index, ...item })),
        its.alone === undefined
          ? undefined
          : { id: `item ${its.alone}`, index: its.alone, attempts: 0, crashes: 0, pardons: 0 },
      ),
    );
  const later = (): SettlementReport => ({
    ...base,
    outcome: "later",
    delayMs: 0,
    isSuspect: run.isSuspect(its),
    remainder: rest(),
  });
  const note = (told: SettlementReport): SettlementReport => {
    if (isOwn) heard.add(told);
    return told;
  };
  const letter = {
    field: `${chunk}:${chosen}`,
    letter: JSON.stringify({ item: { id: "x" }, reason: "permanent" }),
  };
  if (word === "alone") {
    if (isOwn) run.mark(chunk, chosen);
    return note({ ...base, outcome: "keep", remainder: rest() });
  }
  if (word === "hand back") {
    if (isOwn) run.later(chunk, {});
    // What is left is said only when it has changed, but a mark must go.
    return note({ ...later(), isHandedBack: true });
  }
  if (word === "bury") {
    if (isOwn) run.bury(chunk, chosen);
    if (isOwn && its.items.size === 0) {
      run.finish(chunk);
      return note({ ...base, outcome: "done", letters: [letter] });
    }
    if (isOwn) run.later(chunk, {});
    return note({ ...later(), letters: [letter] });
  }
  if (isOwn && word === "through" && indexes.length === 1) {
    run.finish(chunk);
    return note({ ...base, outcome: "done" });
  }
  if (isOwn && (word === "through" || word === "failed" || word === "pardoned"))
    run.later(chunk, { [word]: [chosen] });
  return note(later());
}

/** Nobody heard the answer, and the turn is sent again: the same answer, and nothing happens twice. */
export class Again implements Command {
  readonly worker: number;

  constructor(worker: number) {
    this.worker = worker;
  }

  check({ said }: Readonly<Model>): boolean {
    return said[this.worker] !== undefined;
  }

  async run(model: Model, real: Real): Promise<void> {
    expect(await real.actors[this.worker]!.again()).toEqual(model.said[this.worker]);
    await agree(model, real);
  }

  toString(): string {
    return `again(${this.worker})`;
  }
}

/** A turn that lay in a dead connection arrives after its successor: it changes nothing. */
export class Late implements Command {
  readonly worker: number;

  constructor(worker: number) {
    this.worker = worker;
  }

  check({ turns }: Readonly<Model>): boolean {
    return turns[this.worker]! >= 2;
  }

  async run(model: Model, real: Real): Promise<void> {
    expect(await real.actors[this.worker]!.late()).toMatchObject({ state: "stale" });
    await agree(model, real);
  }

  toString(): string {
    return `late(${this.worker})`;
  }
}

export class Expire implements Command {
  readonly which: number;

  constructor(which: number) {
    this.which = which;
  }

  check({ run }: Readonly<Model>): boolean {
    return run.in("leased").length > 0;
  }

  async run(model: Model, { scene: { run, link } }: Real): Promise<void> {
    const leased = model.run.in("leased");
    const chunk = leased[this.which % leased.length]!;
    model.run.chunks[chunk]!.isExpired = true;
    await link.call("ZADD", [run.keys.lease, "XX", 1, chunk]);
  }

  toString(): string {
    return `expire(${this.which})`;
  }
}

export class Extend implements Command {
  readonly worker: number;

  constructor(worker: number) {
    this.worker = worker;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const actor = real.actors[this.worker]!;
    const beliefs = [...model.beliefs[this.worker]!];
    const fenced = await actor.extend(beliefs);
    expect(fenced).toEqual(
      beliefs.filter(([chunk, token]) => !model.run.holds(chunk, token, actor.name)).map(([chunk]) => chunk),
    );
    for (const [chunk, token] of beliefs)
      if (model.run.holds(chunk, token, actor.name)) model.run.chunks[chunk]!.isExpired = false;
    for (const chunk of fenced) model.beliefs[this.worker]!.delete(chunk);
    await agree(model, real);
  }

  toString(): string {
    return `extend(${this.worker})`;
  }
}

export class Revive implements Command {
  readonly which: number;

  constructor(which: number) {
    this.which = which;
  }

  check({ run }: Readonly<Model>): boolean {
    return run.dead.size > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const { run, link } = real.scene;
    const fields = [...model.run.dead.keys()].filter((_, at) => at <= this.which);
    model.run.revive(fields);
    readAnswer(
      run.name,
      await link.run(resurrect, run.keys.all, [JSON.stringify({ epoch: run.epoch }), ...fields]),
    );
    await agree(model, real);
  }

  toString(): string {
    return `revive(${this.which})`;
  }
}

export class Steer implements Command {
  readonly isPaused: boolean;

  constructor(isPaused: boolean) {
    this.isPaused = isPaused;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const { run, link } = real.scene;
    model.run.isPaused = this.isPaused;
    const request = { epoch: run.epoch, state: this.isPaused ? "paused" : "running" };
    await link.run(steer, run.keys.all, [JSON.stringify(request)]);
    await agree(model, real);
  }

  toString(): string {
    return this.isPaused ? "pause" : "resume";
  }
}
