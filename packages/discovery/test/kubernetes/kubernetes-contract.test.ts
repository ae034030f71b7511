import { eventually } from "@fleet/testkit";
import { service } from "@fleet/testkit/kubernetes";
import { expect } from "vitest";

import type { InstanceSource } from "../../src/index.ts";
import { changingSourceContract, sourceContract } from "../source/source-contract.ts";
import type { ChangingSubject } from "../source/source-contract.ts";
import { kubernetesScene, release } from "./kubernetes-scene.ts";

const events = ({ resources = [] }: InstanceSource): number =>
  resources.flatMap(({ events }) => Object.values(events)).reduce((sum, count) => sum + count, 0);

async function subject(): Promise<ChangingSubject> {
  const scene = await kubernetesScene([...release("orders"), ...release("sessions")]);
  const { double, clock } = scene;
  let failures = 0;
  let isOpen = false;
  let state: "whole" | "damaged" | "healed" = "whole";
  const source: InstanceSource = {
    name: scene.source.name,
    get conditions() {
      return scene.source.conditions;
    },
    get resources() {
      return scene.source.resources;
    },
    start: (sink, { signal }) => {
      isOpen = !signal.aborted;
      signal.addEventListener("abort", () => (isOpen = false));
      const fail = (error: unknown): void => {
        failures += 1;
        sink.fail(error);
      };
      return scene.source.start({ replace: (set) => sink.replace(set), fail }, { signal });
    },
    close: () => {
      isOpen = false;
      return scene.source.close();
    },
  };
  /** A change that is none of ours comes after all that came before it. */
  const marked = async (): Promise<void> => {
    const before = events(source);
    await double.apply(service("mark", { namespace: "shop", annotations: { at: String(Math.random()) } }));
    await eventually(async () => {
      await clock.advance(250);
      expect(source.resources?.every(({ state }) => state === "watching")).toBe(true);
      expect(events(source)).toBeGreaterThan(before);
    });
  };
  /** A watch that goes on where it ended proves nothing yet; a resync does. */
  const synced = async (): Promise<void> => {
    const since = clock.now();
    await eventually(async () => {
      await clock.advance(250);
      for (const { lastSyncAgeMs = Number.NaN } of source.resources ?? [])
        expect(lastSyncAgeMs).toBeLessThan(clock.now() - since);
    });
  };
  const failed = async (): Promise<void> => {
    const before = failures;
    await eventually(async () => {
      await clock.advance(250);
      expect(failures).toBeGreaterThan(before);
    });
  };
  return {
    source,
    names: ["orders", "sessions"],
    settle: async () => {
      if (isOpen) await { whole: marked, damaged: failed, healed: synced }[state]();
      await clock.advance(250);
    },
    change: async () => {
      await double.delete(release("sessions"));
      await double.apply(...release("users"));
      return ["orders", "users"];
    },
    damage: async () => {
      state = "damaged";
      await double.kill();
    },
    heal: async () => {
      state = "healed";
      await double.restart();
    },
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
}

sourceContract("KubernetesSource", subject);
changingSourceContract("KubernetesSource", subject);
