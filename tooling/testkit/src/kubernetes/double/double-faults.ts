import type { DoubleFault, Verb } from "./double-fault.ts";
import type { DoubleRequest } from "./double-request.ts";

interface Injected {
  readonly fault: DoubleFault;
  readonly verb: Verb;
  readonly resource: string | undefined;
  left: number;
}

/** Faults that wait for the requests they are meant for. */
export class DoubleFaults {
  #faults: Injected[] = [];

  inject(
    fault: DoubleFault,
    on: { readonly verb: Verb; readonly resource?: string; readonly times?: number },
  ): void {
    this.#faults.push({ fault, verb: on.verb, resource: on.resource, left: on.times ?? 1 });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault of a request, if there is one; that is one of the times it was injected for. */
  take({ verb, resource }: DoubleRequest): DoubleFault | undefined {
    const next = this.#faults.find((one) => one.verb === verb && (one.resource ?? resource) === resource);
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#faults.splice(this.#faults.indexOf(next), 1);
    return next.fault;
  }
}
