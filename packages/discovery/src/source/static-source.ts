import { checkOptions, type Rules, text } from "@fleet/options";

import { DiscoveryError, InvalidInstancesError } from "../errors.ts";
import { InvalidOptionError } from "../errors.ts";
import { pathText } from "../instance/fault.ts";
import type { InstanceInput } from "../instance/instance-input.ts";
import type { Instance } from "../instance/instance.ts";
import { parseInstances } from "../instance/parse-instances.ts";
import type { InstanceSource, SourceSink, SourceStartOptions } from "./source.ts";

export interface StaticSourceOptions {
  /** Distinguishes several lists of one fleet. @default "static" */
  readonly name?: string;
}

/** A list by hand: handed over at the start, and again when it is replaced. */
export class StaticSource implements InstanceSource {
  readonly name: string;
  #instances: readonly Instance[];
  #sink: SourceSink | undefined;
  #closed = false;

  /** @throws InvalidInstancesError (FLEET_DISCOVERY_INVALID_INSTANCES) with every fault of the list. */
  constructor(instances: readonly InstanceInput[], options: StaticSourceOptions = {}) {
    checkOptions(options, { name: text } satisfies Rules<StaticSourceOptions>, InvalidOptionError);
    const { name = "static" } = options;
    this.name = name;
    this.#instances = parsed(instances);
  }

  /**
   * Another list from now on; instances that are not in it are gone.
   *
   * @throws InvalidInstancesError (FLEET_DISCOVERY_INVALID_INSTANCES) with every fault of the list; the one before stays.
   */
  replace(instances: readonly InstanceInput[]): void {
    this.#instances = parsed(instances);
    if (!this.#closed) this.#sink?.replace(this.#instances);
  }

  async start(sink: SourceSink, { signal }: SourceStartOptions): Promise<void> {
    signal.throwIfAborted();
    if (this.#closed) throw new DiscoveryError("FLEET_DISCOVERY_CLOSED", `Source ${this.name} is closed`);
    this.#sink = sink;
    signal.addEventListener("abort", () => (this.#closed = true), { once: true });
    sink.replace(this.#instances);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}

function parsed(instances: readonly InstanceInput[]): readonly Instance[] {
  const { instances: list, faults } = parseInstances({ instances });
  if (faults !== undefined)
    throw new InvalidInstancesError(faults.map(({ path, message }) => `${pathText(path)}: ${message}`));
  return list;
}
