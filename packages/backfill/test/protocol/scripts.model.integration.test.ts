import { type RedisServer, startRedis } from "@fleet/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { Actor } from "./actor.ts";
import {
  Again,
  chunks,
  Expire,
  Extend,
  Late,
  type Model,
  type Real,
  Revive,
  size,
  Steer,
  Turn,
  type Word,
  workers,
} from "./model-commands.ts";
import { ReferenceRun } from "./reference-run.ts";
import { openScripts } from "./script-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

const worker = fc.nat(workers - 1);
const word = fc.tuple(
  fc.constantFrom<Word>(
    "silent",
    "done",
    "done",
    "through",
    "failed",
    "pardoned",
    "bury",
    "hand back",
    "alone",
  ),
  fc.nat(size - 1),
);
const turns = fc
  .tuple(worker, fc.nat(3), fc.boolean(), fc.array(word, { maxLength: 6 }))
  .map(([who, want, suspect, words]) => new Turn(who, want, suspect, words));
/** A chunk whose holders died is begun alone, at its first id: often enough that one gets as far as being given up. */
const alone = worker.map((who) => new Turn(who, 0, true, [["alone", 0]]));
const commands = fc.commands(
  [
    turns,
    turns,
    turns,
    alone,
    alone,
    worker.map((who) => new Again(who)),
    worker.map((who) => new Late(who)),
    fc.nat(5).map((which) => new Expire(which)),
    fc.constant(new Expire(0)),
    fc.constant(new Expire(0)),
    worker.map((who) => new Extend(who)),
    fc.nat(3).map((which) => new Revive(which)),
    fc.boolean().map((isPaused) => new Steer(isPaused)),
  ],
  { maxCommands: 80, size: "max" },
);

test.for([
  { crashLimit: 3, suspectAfter: 1 },
  { crashLimit: 4, suspectAfter: 2 },
])(
  "the scripts do what a plain run in memory does, whatever is said in whatever order (%o)",
  { timeout: 60_000 },
  async (limits) => {
    let runs = 0;
    const property = fc.asyncProperty(commands, async (list) => {
      runs += 1;
      await server.call("FLUSHALL");
      using scene = await openScripts(server, {
        source: { kind: "range", from: 0, to: chunks * size - 1 },
        chunkSize: size,
      });
      const actors = Array.from(
        { length: workers },
        (_, at) => new Actor(`worker${at}`, scene.run, scene.link, limits),
      );
      const setup = (): { model: Model; real: Real } => {
        const run = new ReferenceRun(chunks, size, limits);
        return {
          model: {
            run,
            beliefs: Array.from({ length: workers }, () => new Map<number, string>()),
            said: Array.from({ length: workers }, () => undefined),
            turns: Array.from({ length: workers }, () => 0),
          },
          real: { scene, actors },
        };
      };
      await fc.asyncModelRun(setup, list);
    });
    const seed = Number(process.env["FLEET_SEED"] ?? 20_26);
    const outcome = await fc.check(property, { seed, numRuns: 60, includeErrorInReport: true });
    expect(await fc.asyncDefaultReportMessage(outcome)).toBeUndefined();
    expect(runs).toBeGreaterThanOrEqual(60);
  },
);
