import type { Factory } from "../../src/index.ts";

/** A connection that does nothing, and knows what was done to it. */
export class FakeConnection {
  destroyed = false;
  /** What the next clean-ups answer; a promise that never settles hangs. */
  resetTo: boolean | Error | Promise<boolean> = true;
  resets = 0;
  readonly id: number;
  #closed: ((cause?: Error) => void) | undefined;

  constructor(id: number) {
    this.id = id;
  }

  watch(closed: (cause?: Error) => void): void {
    this.#closed = closed;
  }

  /** The other side hangs up. */
  die(cause?: Error): void {
    this.#closed?.(cause);
  }
}

/** A dial whose end the test decides. */
export interface FakeDial {
  readonly signal: AbortSignal;
  succeed(): FakeConnection;
  fail(error: Error): void;
}

/** Connections out of nothing. In `manual` mode each dial waits for the test. */
export class FakeFactory implements Factory<FakeConnection> {
  manual = false;
  /** What automatic dials do instead of succeeding. */
  refuse: (() => Error) | undefined;
  /** Thrown synchronously by `create`. */
  throwAtOnce: Error | undefined;
  readonly made: FakeConnection[] = [];
  readonly dials: FakeDial[] = [];
  mostAlive = 0;

  get alive(): readonly FakeConnection[] {
    return this.made.filter((connection) => !connection.destroyed);
  }

  create({ signal }: { readonly signal: AbortSignal }): Promise<FakeConnection> {
    if (this.throwAtOnce !== undefined) throw this.throwAtOnce;
    const { promise, resolve, reject } = Promise.withResolvers<FakeConnection>();
    const dial: FakeDial = {
      signal,
      succeed: () => {
        const connection = this.#make();
        resolve(connection);
        return connection;
      },
      fail: reject,
    };
    this.dials.push(dial);
    if (this.manual) return promise;
    if (this.refuse === undefined) dial.succeed();
    else dial.fail(this.refuse());
    return promise;
  }

  destroy(connection: FakeConnection): void {
    connection.destroyed = true;
  }

  watch(connection: FakeConnection, closed: (cause?: Error) => void): void {
    connection.watch(closed);
  }

  async reset(connection: FakeConnection): Promise<boolean> {
    connection.resets += 1;
    if (connection.resetTo instanceof Error) throw connection.resetTo;
    return connection.resetTo;
  }

  #make(): FakeConnection {
    const connection = new FakeConnection(this.made.length + 1);
    this.made.push(connection);
    this.mostAlive = Math.max(this.mostAlive, this.alive.length);
    return connection;
  }
}
