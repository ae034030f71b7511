import type { Socket } from "node:net";

import { reset } from "../reset.ts";
import type { Fault } from "./fault.ts";
import type { ProxyClock } from "./proxy-clock.ts";

/** What a leg asks of the connection that it is half of. */
export interface LegOwner {
  readonly random: () => number;
  readonly clock: ProxyClock;
  /** The fault says: reset both legs. */
  reset(): void;
  /** The fault says: close both legs in good order. */
  limit(): void;
}

interface Held {
  readonly bytes: Buffer;
  readonly arrivedAt: number;
}

// Above this the sender is made to wait, as a network whose receiver does not read would.
const mostHeld = 2 ** 20;

/** One direction of one connection: holds what came in and delivers it as the fault of the moment allows. */
export class FaultLeg {
  readonly #from: Socket | undefined;
  readonly #to: Socket | undefined;
  readonly #owner: LegOwner;
  #fault: Fault;
  #held: Held[] = [];
  #heldBytes = 0;
  #end: "fin" | "rst" | undefined;
  #done = false;
  /** Bytes delivered since the fault was injected. */
  #delivered = 0;
  #lastDue = 0;
  /** Forgets the delivery that is due later, if there is one. */
  #forget: (() => void) | undefined;

  constructor(from: Socket | undefined, to: Socket | undefined, fault: Fault, owner: LegOwner) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
    this.#owner = owner;
    to?.on("drain", () => this.#pump());
  }

  switch(fault: Fault): void {
    this.#fault = fault;
    this.#delivered = 0;
    this.#lastDue = 0;
    this.#cancel();
    this.#pump();
  }

  take(bytes: Buffer): void {
    if (bytes.length === 0 || this.#done) return;
    this.#held.push({ bytes, arrivedAt: this.#owner.clock.now() });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > mostHeld) this.#from?.pause();
    this.#pump();
  }

  /** The sender is gone; the receiver learns of it after what is still held. */
  end(how: "fin" | "rst"): void {
    this.#end ??= how;
    this.#pump();
  }

  destroy(): void {
    this.#cancel();
    this.#done = true;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #pump(): void {
    const fault = this.#fault;
    if (fault.kind === "blackhole") return;
    while (this.#held.length > 0 && this.#forget === undefined && !this.#done) {
      if (this.#to?.writableNeedDrain === true) return;
      const head = this.#held[0]!;
      switch (fault.kind) {
        case "latency": {
          const wanted = head.arrivedAt + fault.ms + (fault.jitterMs ?? 0) * this.#owner.random();
          this.#lastDue = Math.max(this.#lastDue, wanted);
          this.#later(this.#lastDue - this.#owner.clock.now(), head.bytes.length);
          break;
        }
        case "bandwidth": {
          const bytes = Math.min(head.bytes.length, Math.max(1, Math.floor(fault.bytesPerSecond / 50)));
          this.#later((bytes / fault.bytesPerSecond) * 1000, bytes);
          break;
        }
        case "slicer":
          this.#later(0, fault.bytes);
          break;
        case "rst":
          return this.#owner.reset();
        case "rstAfter":
        case "limitData": {
          this.#deliver(fault.bytes - this.#delivered);
          if (this.#delivered < fault.bytes) break;
          return fault.kind === "rstAfter" ? this.#owner.reset() : this.#owner.limit();
        }
        default:
          this.#deliver(head.bytes.length);
      }
    }
    if (this.#end === undefined || this.#held.length > 0 || this.#forget !== undefined || this.#done) return;
    this.#done = true;
    if (this.#end === "fin") this.#to?.end();
    else if (this.#to !== undefined) reset(this.#to);
  }

  /** Delivers so many bytes of the first chunk after a while, then goes on. */
  #later(ms: number, bytes: number): void {
    const go = (): void => {
      this.#forget = undefined;
      this.#deliver(bytes);
      this.#pump();
    };
    // Slices leave in turns of the event loop of their own, or the kernel joins them.
    if (ms <= 0) {
      const turn = setImmediate(go);
      this.#forget = () => clearImmediate(turn);
      return;
    }
    const { clock } = this.#owner;
    const timer = clock.setTimeout(go, ms);
    this.#forget = () => clock.clearTimeout(timer);
  }

  #deliver(most: number): void {
    const head = this.#held.shift();
    if (head === undefined) return;
    const bytes = head.bytes.subarray(0, Math.max(0, most));
    const rest = head.bytes.subarray(bytes.length);
    if (rest.length > 0) this.#held.unshift({ bytes: rest, arrivedAt: head.arrivedAt });
    this.#delivered += bytes.length;
    this.#heldBytes -= bytes.length;
    if (bytes.length > 0 && this.#to?.writable === true) this.#to.write(bytes);
    if (this.#heldBytes <= mostHeld && this.#from?.isPaused() === true) this.#from.resume();
  }

  #cancel(): void {
    this.#forget?.();
    this.#forget = undefined;
  }
}
