import assert from "node:assert/strict";

import { Discovery } from "../discovery.ts";
import type { Instance } from "../instance/instance.ts";
import type { InstanceSource, SourceSink } from "./source.ts";

/** A source to be tried, and the world it looks at. */
export interface SourceSubject extends AsyncDisposable {
  /** Not started yet. */
  readonly source: InstanceSource;
  /** Names of the instances it must find, sorted. */
  readonly names: readonly string[];
  /** Lets time pass until the source has nothing more to do by itself. */
  settle(): Promise<void>;
}

/** A source whose world can be another one later. */
export interface ChangingSubject extends SourceSubject {
  /** Makes the world different: other instances, or others of their endpoints. Answers the names then, sorted. */
  change(): Promise<readonly string[]>;
  /** Makes the world unreadable. */
  damage(): Promise<void>;
  /** Undoes `damage`. */
  heal(): Promise<void>;
}

/** One promise of the seam, to be run as a test of its own. */
export interface SourcePromise {
  readonly name: string;
  /** @throws AssertionError when the source breaks it. */
  run(): Promise<void>;
}

/** What a source said, in order. */
class Recorder implements SourceSink {
  readonly sets: (readonly Instance[])[] = [];
  readonly failures: unknown[] = [];

  replace(instances: readonly Instance[]): void {
    this.sets.push(instances);
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }

  /** Names of the newest set, sorted. */
  get names(): readonly string[] {
    return namesOf(this.sets.at(-1) ?? []);
  }
}

/** What every InstanceSource must do, whatever it looks at. Each promise opens a subject of its own. */
export function sourceContract(open: () => Promise<SourceSubject>): readonly SourcePromise[] {
  return [
    promise("it has a name", open, ({ source }) => {
      assert.notEqual(source.name, "");
      return Promise.resolve();
    }),
    promise("start resolves once the first set was handed over", open, async (subject) => {
      const recorder = await started(subject);
      assert.deepEqual(recorder.names, subject.names);
      assert.deepEqual(recorder.failures, []);
    }),
    promise("instances are complete and frozen, uids are unique", open, async (subject) => {
      const [instances = []] = (await started(subject)).sets;
      for (const { labels, state, reads, ...instance } of instances) {
        assert.equal(typeof labels, "object");
        assert.match(state, /^(?:ready|drain|maintenance)$/);
        assert.match(reads, /^(?:primary|replica|any)$/);
        assert.ok(instance.endpoints.every(Object.isFrozen));
      }
      assert.ok(instances.every(Object.isFrozen));
      const uids = instances.flatMap(({ uid, endpoints }) => [uid, ...endpoints.map((one) => one.uid)]);
      assert.equal(new Set(uids).size, uids.length);
    }),
    promise(
      "an aborted start rejects with the signal's reason and delivers nothing",
      open,
      async (subject) => {
        const recorder = new Recorder();
        const reason = new Error("too late");
        const start = subject.source.start(recorder, { signal: AbortSignal.abort(reason) });
        await assert.rejects(start, (error) => error === reason);
        await subject.settle();
        assert.deepEqual(recorder.sets, []);
      },
    ),
    promise("closing twice is closing once", open, async (subject) => {
      const recorder = await started(subject);
      await Promise.all([subject.source.close(), subject.source.close()]);
      await subject.settle();
      assert.equal(recorder.sets.length, 1);
      assert.deepEqual(recorder.failures, []);
    }),
    promise("closed before its start, it never delivers", open, async (subject) => {
      await subject.source.close();
      const recorder = new Recorder();
      const start = subject.source.start(recorder, { signal: new AbortController().signal });
      await assert.rejects(start, { code: "FLEET_DISCOVERY_CLOSED" });
      assert.deepEqual(recorder.sets, []);
    }),
  ];
}

/** What every InstanceSource must do whose world changes, beside `sourceContract`. */
export function changingSourceContract(open: () => Promise<ChangingSubject>): readonly SourcePromise[] {
  return [
    promise("a change arrives as a whole new set", open, async (subject) => {
      const recorder = await started(subject);
      const names = await subject.change();
      await subject.settle();
      assert.deepEqual(recorder.names, names);
      assert.notDeepEqual(recorder.sets.at(-1), recorder.sets[0]);
    }),
    promise("the same set again is the same list, or an equal one", open, async (subject) => {
      const recorder = await started(subject);
      await subject.settle();
      for (const set of recorder.sets) assert.deepEqual(set, recorder.sets[0]);
    }),
    ...(["a close", "an abort"] as const).map((end) =>
      promise(`nothing comes after ${end}`, open, async (subject) => {
        const recorder = new Recorder();
        const abort = new AbortController();
        await subject.source.start(recorder, { signal: abort.signal });
        if (end === "an abort") abort.abort();
        else await subject.source.close();
        await subject.change();
        await subject.settle();
        assert.equal(recorder.sets.length, 1);
        assert.deepEqual(recorder.failures, []);
      }),
    ),
    promise(
      "damage is reported with a code and takes nothing away; healed, it is current again",
      open,
      async (subject) => {
        await using discovery = new Discovery({ sources: [subject.source] });
        await discovery.start();
        const before = discovery.instances;
        await subject.damage();
        await subject.settle();
        assert.equal(discovery.instances, before);
        const [damaged] = discovery.stats.sources;
        assert.equal(damaged?.state, "stale");
        assert.match(damaged.lastError ?? "none", /^[A-Z]+(?:_[A-Z]+)+$/);
        await subject.heal();
        await subject.settle();
        const [healed] = discovery.stats.sources;
        assert.deepEqual([healed?.state, healed?.lastError], ["current", undefined]);
      },
    ),
    promise(
      "damaged from the start, it says so, keeps trying, and its start resolves when it is healed",
      open,
      async (subject) => {
        await subject.damage();
        const recorder = new Recorder();
        let isResolved = false;
        const start = subject.source
          .start(recorder, { signal: new AbortController().signal })
          .then(() => (isResolved = true));
        await subject.settle();
        assert.notEqual(recorder.failures.length, 0);
        assert.equal(isResolved, false);
        await subject.heal();
        await subject.settle();
        await start;
        assert.deepEqual(recorder.names, subject.names);
      },
    ),
  ];
}

function promise<T extends SourceSubject>(
  name: string,
  open: () => Promise<T>,
  check: (subject: T) => Promise<void>,
): SourcePromise {
  return {
    name,
    run: async () => {
      await using subject = await open();
      await check(subject);
    },
  };
}

async function started({ source }: SourceSubject): Promise<Recorder> {
  const recorder = new Recorder();
  await source.start(recorder, { signal: new AbortController().signal });
  return recorder;
}

function namesOf(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ name }) => name).toSorted();
}
