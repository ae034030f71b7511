import { describe, expect, test } from "vitest";

import { Discovery } from "../src/index.ts";
import type { Instance, InstanceSource, SourceSink } from "../src/index.ts";

/** A source to be tried, and the world it looks at. */
export interface SourceSubject extends AsyncDisposable {
  readonly source: InstanceSource;
  /** Names of the instances it must find, sorted. */
  readonly names: readonly string[];
  /** Lets time pass until the source has nothing more to do by itself. */
  settle(): Promise<void>;
}

/** A source whose world can be another one later. */
export interface ChangingSubject extends SourceSubject {
  /** Makes the world different; answers the names then, sorted. */
  change(): Promise<readonly string[]>;
  /** Makes the world unreadable. */
  damage(): Promise<void>;
  /** Undoes `damage`. */
  heal(): Promise<void>;
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

/** What every InstanceSource must do, whatever it looks at. */
export function sourceContract(what: string, open: () => Promise<SourceSubject>): void {
  describe(`${what} keeps the contract of an InstanceSource`, () => {
    test("it has a name", async () => {
      await using subject = await open();
      expect(subject.source.name).not.toBe("");
    });

    test("start resolves once the first set was handed over", async () => {
      await using subject = await open();
      const recorder = await started(subject);
      expect(recorder.names).toEqual(subject.names);
      expect(recorder.failures).toEqual([]);
    });

    test("instances are complete and frozen, uids are unique", async () => {
      await using subject = await open();
      const [instances = []] = (await started(subject)).sets;
      for (const instance of instances) {
        expect(instance).toMatchObject({
          labels: {},
          state: expect.stringMatching(/^(ready|drain|maintenance)$/) as unknown,
          reads: expect.stringMatching(/^(primary|replica|any)$/) as unknown,
        });
        expect(Object.isFrozen(instance)).toBe(true);
        expect(instance.endpoints.every((endpoint) => Object.isFrozen(endpoint))).toBe(true);
      }
      const uids = instances.flatMap(({ uid, endpoints }) => [uid, ...endpoints.map((one) => one.uid)]);
      expect(new Set(uids).size).toBe(uids.length);
    });

    test("an aborted start rejects with the signal's reason and delivers nothing", async () => {
      await using subject = await open();
      const recorder = new Recorder();
      const reason = new Error("too late");
      await expect(subject.source.start(recorder, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
      await subject.settle();
      expect(recorder.sets).toEqual([]);
    });

    test("closing twice is closing once", async () => {
      await using subject = await open();
      const recorder = await started(subject);
      await Promise.all([subject.source.close(), subject.source.close()]);
      await subject.settle();
      expect(recorder.sets).toHaveLength(1);
      expect(recorder.failures).toEqual([]);
    });

    test("closed before its start, it never delivers", async () => {
      await using subject = await open();
      await subject.source.close();
      const recorder = new Recorder();
      await expect(
        subject.source.start(recorder, { signal: new AbortController().signal }),
      ).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
      expect(recorder.sets).toEqual([]);
    });
  });
}

/** What every InstanceSource must do whose world changes, beside `sourceContract`. */
export function changingSourceContract(what: string, open: () => Promise<ChangingSubject>): void {
  describe(`${what} keeps the contract of an InstanceSource whose world changes`, () => {
    test("a change arrives as a whole new set", async () => {
      await using subject = await open();
      const recorder = await started(subject);
      const names = await subject.change();
      await subject.settle();
      expect(recorder.names).toEqual(names);
    });

    test.for<["a close" | "an abort"]>([["a close"], ["an abort"]])(
      "nothing comes after %s",
      async ([end]) => {
        await using subject = await open();
        const recorder = new Recorder();
        const abort = new AbortController();
        await subject.source.start(recorder, { signal: abort.signal });
        if (end === "an abort") abort.abort();
        else await subject.source.close();
        await subject.change();
        await subject.settle();
        expect(recorder.sets).toHaveLength(1);
        expect(recorder.failures).toEqual([]);
      },
    );

    test("damage is reported with a code and takes nothing away; healed, it is current again", async () => {
      await using subject = await open();
      await using discovery = new Discovery({ sources: [subject.source] });
      await discovery.start();
      await subject.damage();
      await subject.settle();
      expect(namesOf([...discovery.instances.values()])).toEqual(subject.names);
      expect(discovery.stats.sources[0]).toMatchObject({
        state: "stale",
        lastError: expect.stringMatching(/^FLEET_DISCOVERY_/) as unknown,
      });
      await subject.heal();
      await subject.settle();
      expect(discovery.stats.sources[0]).toMatchObject({ state: "current", lastError: undefined });
    });

    test("damaged from the start, it says so, keeps trying, and its start resolves when it is healed", async () => {
      await using subject = await open();
      await subject.damage();
      const recorder = new Recorder();
      const abort = new AbortController();
      let resolved = false;
      const start = subject.source.start(recorder, { signal: abort.signal }).then(() => (resolved = true));
      await subject.settle();
      expect(recorder.failures.length).toBeGreaterThan(0);
      expect(resolved).toBe(false);
      await subject.heal();
      await subject.settle();
      await start;
      expect(recorder.names).toEqual(subject.names);
    });
  });
}

async function started(subject: SourceSubject): Promise<Recorder> {
  const recorder = new Recorder();
  await subject.source.start(recorder, { signal: new AbortController().signal });
  return recorder;
}

function namesOf(instances: readonly Instance[]): readonly string[] {
  return instances.map(({ name }) => name).toSorted();
}
