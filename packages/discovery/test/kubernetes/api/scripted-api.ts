import type {
  ApiGetOptions,
  ApiWatchOptions,
  KubernetesObject,
  WatchEvent,
} from "../../../src/kubernetes/index.ts";

/** A watch that somebody holds open. */
export class ScriptedWatch {
  readonly options: ApiWatchOptions;
  readonly #queue: WatchEvent[] = [];
  #wake = Promise.withResolvers<void>();
  #end: { readonly error?: unknown } | undefined;

  constructor(options: ApiWatchOptions) {
    this.options = options;
    const { signal } = options;
    signal!.addEventListener("abort", () => this.fail(signal!.reason), { once: true });
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Says what is there, and that it is all. */
  whole(version: string, ...names: readonly string[]): void {
    for (const [index, name] of names.entries()) this.event("ADDED", name, String(index + 1));
    const annotations = { "k8s.io/initial-events-end": "true" };
    this.#say({ type: "BOOKMARK", object: { metadata: { resourceVersion: version, annotations } } });
  }

  event(type: string, name: string, version: string, uid = `uid-${name}`): void {
    this.#say({ type, object: object(name, version, uid) });
  }

  bookmark(version: string): void {
    this.#say({ type: "BOOKMARK", object: { metadata: { resourceVersion: version } } });
  }

  end(): void {
    this.#end ??= {};
    this.#wake.resolve();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake.resolve();
  }

  async *events(): AsyncGenerator<WatchEvent> {
    this.options.opened?.();
    for (;;) {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) yield event;
      if (this.#end !== undefined) break;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    if ("error" in this.#end) throw this.#end.error;
  }

  #say(event: WatchEvent): void {
    this.#queue.push(event);
    this.#wake.resolve();
  }
}

/** An API server that says what it is told to. Nothing in it takes time. */
export class ScriptedApi {
  readonly watches: ScriptedWatch[] = [];
  readonly asked: ApiGetOptions[] = [];
  /** What the next questions and watches are refused with, one each. */
  readonly refusals: Error[] = [];
  version = "1000";
  items: readonly KubernetesObject[] = [];

  /** The last one. */
  get watched(): ScriptedWatch {
    return this.watches.at(-1)!;
  }

  readonly get = <T>(_path: string, options: ApiGetOptions = {}): Promise<T> => {
    this.asked.push(options);
    if (this.refusals.length > 0) return Promise.reject(this.refusals.shift());
    const metadata = { resourceVersion: this.version };
    return Promise.resolve({ apiVersion: "v1", kind: "ServiceList", metadata, items: this.items } as T);
  };

  readonly watch = async function* (
    this: ScriptedApi,
    _path: string,
    options: ApiWatchOptions,
  ): AsyncGenerator<WatchEvent> {
    const watch = new ScriptedWatch(options);
    this.watches.push(watch);
    if (this.refusals.length > 0) throw this.refusals.shift();
    yield* watch.events();
  };
}

export function object(name: string, version: string, uid: string = `uid-${name}`): KubernetesObject {
  return { metadata: { name, uid, resourceVersion: version, namespace: "shop" } };
}
