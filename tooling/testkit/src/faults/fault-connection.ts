import { connect } from "node:net";
import type { Socket } from "node:net";

import { reset } from "../reset.ts";
import { FaultLeg } from "./fault-leg.ts";
import type { LegOwner } from "./fault-leg.ts";
import type { Direction, Fault, FaultEvent, ReplyFault } from "./fault.ts";
import type { ProxyClock } from "./proxy-clock.ts";
import { ReplySplitter } from "./reply-splitter.ts";

/** What a connection asks of the proxy that it belongs to. */
export interface ConnectionOwner {
  readonly upstream: { readonly host: string; readonly port: number };
  readonly faults: Readonly<Record<Direction, Fault>>;
  readonly random: () => number;
  readonly clock: ProxyClock;
  /** Asked at the beginning of each reply: what is to happen to it. */
  nextReply(): ReplyFault | undefined;
  record(event: Omit<FaultEvent, "atMs">): void;
  /** The client is gone. */
  ended(connection: FaultConnection): void;
}

/** One client, its leg to the server, and what happens to the bytes between them. */
export class FaultConnection {
  readonly #number: number;
  readonly #owner: ConnectionOwner;
  readonly #client: Socket;
  readonly #remote: Socket | undefined;
  readonly #legs: Readonly<Record<Direction, FaultLeg>>;
  #splitter: ReplySplitter | undefined = new ReplySplitter();
  /** What happens to the reply whose bytes are passing. */
  #replyFault: ReplyFault | undefined;
  #halfOpen: boolean;
  #clientGone = false;

  constructor(client: Socket, number: number, owner: ConnectionOwner) {
    this.#number = number;
    this.#owner = owner;
    this.#client = client;
    this.#halfOpen = owner.faults.request.kind === "halfOpen";
    // A lost upstream leg is lost for good, so there is no use in making one.
    const remote = this.#halfOpen ? undefined : connect({ ...owner.upstream, allowHalfOpen: true });
    this.#remote = remote;
    this.#legs = {
      request: new FaultLeg(client, remote, owner.faults.request, this.#hooks("request")),
      reply: new FaultLeg(remote, client, owner.faults.reply, this.#hooks("reply")),
    };
    this.#record("opened");
    client.setNoDelay(true);
    client.on("data", (bytes) => {
      if (!this.#halfOpen) this.#legs.request.take(bytes);
    });
    client.on("end", () => {
      this.#ended();
      if (this.#halfOpen) client.destroy();
      else this.#legs.request.end("fin");
    });
    // "close" follows and cleans up.
    client.on("error", () => {});
    client.on("close", () => {
      this.#ended();
      this.#legs.reply.destroy();
      this.#legs.request.destroy();
      if (remote !== undefined) reset(remote);
    });
    remote?.setNoDelay(true);
    remote?.on("data", (bytes) => this.#reply(bytes));
    remote?.on("end", () => this.#remoteGone("fin"));
    remote?.on("error", () => this.#remoteGone("rst"));
  }

  /** Puts the connection under the proxy's faults as they are now. */
  switch(): void {
    const { request, reply } = this.#owner.faults;
    if (request.kind === "halfOpen" && !this.#halfOpen) {
      this.#halfOpen = true;
      this.#legs.request.destroy();
      this.#legs.reply.destroy();
      if (this.#remote !== undefined) reset(this.#remote);
    }
    this.#legs.request.switch(request);
    this.#legs.reply.switch(reply);
  }

  reset(): void {
    reset(this.#client);
    if (this.#remote !== undefined) reset(this.#remote);
  }

  #remoteGone(how: "fin" | "rst"): void {
    if (!this.#halfOpen) this.#legs.reply.end(how);
  }

  #ended(): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#record("closed");
    this.#owner.ended(this);
  }

  #hooks(direction: Direction): LegOwner {
    return {
      random: this.#owner.random,
      clock: this.#owner.clock,
      reset: () => {
        this.#record("reset", direction);
        this.reset();
      },
      limit: () => {
        this.#record("limited", direction);
        this.#legs.request.destroy();
        this.#legs.reply.destroy();
        this.#client.end();
        this.#remote?.end();
      },
    };
  }

  #reply(bytes: Buffer): void {
    for (const { bytes: part, first } of this.#segments(bytes)) {
      if (first) {
        this.#replyFault = this.#owner.nextReply();
        if (this.#replyFault !== undefined) {
          this.#record("reply", "reply");
          this.#begin(this.#replyFault, part);
          continue;
        }
      }
      if (this.#replyFault === undefined || this.#replyFault === "corrupt") this.#legs.reply.take(part);
    }
  }

  /** The first bytes of a reply that something happens to. */
  #begin(fault: ReplyFault, part: Buffer): void {
    if (fault === "reset") this.#hooks("reply").reset();
    else if (fault === "corrupt") this.#legs.reply.take(Buffer.concat([Buffer.of(0), part.subarray(1)]));
    else if (fault !== "drop")
      this.#legs.reply.take(
        Buffer.from(fault.inject.endsWith("\r\n") ? fault.inject : `${fault.inject}\r\n`),
      );
  }

  /** The bytes by reply; as one piece of nothing in particular once the server turned out not to speak RESP. */
  #segments(bytes: Buffer): ReturnType<ReplySplitter["split"]> {
    try {
      if (this.#splitter !== undefined) return this.#splitter.split(bytes);
    } catch {
      this.#splitter = undefined;
      this.#replyFault = undefined;
    }
    return [{ bytes, first: false }];
  }

  #record(event: FaultEvent["event"], direction?: Direction): void {
    this.#owner.record({ event, connection: this.#number, ...(direction !== undefined && { direction }) });
  }
}
