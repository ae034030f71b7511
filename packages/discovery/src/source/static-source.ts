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

/** A fixed list: handed over once, at the start. */
export class StaticSource implements InstanceSource {
  readonly name: string;
  readonly #instances: readonly Instance[];
  #closed = false;

  /** @throws InvalidInstancesError (FLEET_DISCOVERY_INVALID_INSTANCES) with every fault of the list. */
  constructor(instances: readonly InstanceInput[], options: StaticSourceOptions = {}) {
    checkOptions(options, { name: text } satisfies Rules<StaticSourceOptions>, InvalidOptionError);
    const { name = "static" } = options;
    const parsed = parseInstances({ instances });
    if (parsed.faults !== undefined)
      throw new InvalidInstancesError(
        parsed.faults.map(({ path, message }) => `${pathText(path)}: ${message}`),
      );
    this.name = name;
    this.#instances = parsed.instances;
  }

  async start(sink: SourceSink, { signal }: SourceStartOptions): Promise<void> {
    signal.throwIfAborted();
    if (this.#closed) throw new DiscoveryError("FLEET_DISCOVERY_CLOSED", `Source ${this.name} is closed`);
    sink.replace(this.#instances);
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
