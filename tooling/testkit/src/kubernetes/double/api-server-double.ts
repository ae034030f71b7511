import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

import { certificates } from "../../certificates.ts";
import type { Certificates } from "../../certificates.ts";
import type { KubernetesObject, ObjectName } from "../object.ts";
import { status } from "../status.ts";
import { accessReview, refusalOf } from "./double-access.ts";
import type { DoubleFault, Verb } from "./double-fault.ts";
import { DoubleFaults } from "./double-faults.ts";
import { DoubleListener } from "./double-listener.ts";
import { DoublePages } from "./double-pages.ts";
import { misbehave, refuse, send } from "./double-reply.ts";
import { doubleRequest } from "./double-request.ts";
import type { DoubleRequest } from "./double-request.ts";
import { parseSelection } from "./double-selection.ts";
import type { Selection } from "./double-selection.ts";
import { DoubleStore, resourceKinds } from "./double-store.ts";
import type { StoreEvent } from "./double-store.ts";
import { DoubleTally } from "./double-tally.ts";
import { DoubleWatches } from "./double-watches.ts";
import type { DoubleWatchesOptions } from "./double-watches.ts";

export interface ApiServerDoubleOptions extends DoubleWatchesOptions {
  /** Offers HTTP/2, as an API server does. @default true */
  readonly http2?: boolean;
}

/** A server that behaves as an API server does, and misbehaves on demand; `await using` it, or close it. */
export class ApiServerDouble implements AsyncDisposable {
  readonly host: string = "127.0.0.1";
  readonly ca: string;
  /** Tokens that are known; any other is answered 401. A watch that is open outlives its token. */
  readonly tokens = new Set<string>();
  /** What is forbidden to every user, as in `list services`, or `list services in shop` (403). */
  readonly forbidden = new Set<string>();
  readonly #store: DoubleStore;
  readonly #listener: DoubleListener;
  readonly #pages: DoublePages;
  readonly #watches: DoubleWatches;
  readonly #tally = new DoubleTally();
  readonly #faults = new DoubleFaults();
  readonly #held: StoreEvent[] = [];
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(tls: Certificates, options: ApiServerDoubleOptions) {
    this.ca = tls.ca;
    this.tokens.add(this.adminToken);
    this.#store = new DoubleStore((event) => {
      if (this.#paused !== undefined) this.#held.push(event);
      else this.#watches.change(event);
    });
    this.#pages = new DoublePages(this.#store);
    this.#watches = new DoubleWatches(this.#store, options);
    this.#listener = new DoubleListener(tls, options.http2 ?? true, (request, response) => {
      // A client that is gone while it is answered: the error is dropped.
      response.on("error", () => {});
      void this.#answer(request, response);
    });
  }

  readonly adminToken: string = "double-token";

  get port(): number {
    return this.#listener.port;
  }

  get url(): string {
    return `https://${this.host}:${this.port}`;
  }

  /** The last thousand things that were asked, in order. */
  get requests(): readonly DoubleRequest[] {
    return this.#tally.requests;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#listener.connections;
  }

  /** Connections there ever were. */
  get accepted(): number {
    return this.#listener.accepted;
  }

  /** On the wire, TLS included. */
  get bytesSent(): number {
    return this.#listener.bytesSent;
  }

  /** The newest resource version. */
  get resourceVersion(): string {
    return String(this.#store.revision);
  }

  /** How many requests there were. */
  count(verb: Verb, resource: string): number {
    return this.#tally.count(verb, resource);
  }

  /** How many are being answered now. */
  open(verb: Verb, resource: string): number {
    return this.#tally.open(verb, resource);
  }

  /** The most that were being answered at one time. */
  peak(verb: Verb, resource: string): number {
    return this.#tally.peak(verb, resource);
  }

  async start(): Promise<void> {
    await this.#listener.open();
  }

  apply(...objects: readonly KubernetesObject[]): Promise<readonly KubernetesObject[]> {
    return Promise.resolve(objects.map((object) => this.#store.put(object)));
  }

  patch(target: ObjectName, patch: unknown): Promise<KubernetesObject> {
    return Promise.resolve(this.#store.patch(target, patch));
  }

  delete(targets: ObjectName | readonly ObjectName[]): Promise<void> {
    for (const target of [targets].flat()) this.#store.delete(target);
    return Promise.resolve();
  }

  list(
    apiVersion: string,
    kind: string,
    options: { readonly namespace?: string } = {},
  ): Promise<readonly KubernetesObject[]> {
    const known = Object.entries(resourceKinds).find(
      ([, one]) => one.kind === kind && one.apiVersion === apiVersion,
    );
    return Promise.resolve(known === undefined ? [] : this.#store.list(known[0], options.namespace));
  }

  /** From now on so many requests of this verb are answered with a fault (one by default; Infinity until `heal`). */
  inject(
    fault: DoubleFault,
    on: { readonly verb: Verb; readonly resource?: string; readonly times?: number },
  ): void {
    this.#faults.inject(fault, on);
  }

  /** Ends all faults that were injected. */
  heal(): void {
    this.#faults.clear();
  }

  /** Sends open watches that asked for bookmarks one with their version. */
  bookmark(): void {
    this.#watches.bookmark();
  }

  /** Writes into open watches whatever it is, as in half a line. */
  write(text: string, resource?: string): void {
    this.#watches.write(text, resource);
  }

  /** Ends open watches in good order. */
  endWatches(resource?: string): void {
    this.#watches.end(resource);
  }

  /** Resets every connection. */
  cut(): void {
    this.#listener.cut();
  }

  /** GOAWAY on every HTTP/2 connection. */
  goaway(): void {
    this.#listener.goaway();
  }

  /** Answers nothing, of old requests and new ones. */
  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
    for (const event of this.#held.splice(0)) this.#watches.change(event);
  }

  /** Resets what is open and refuses connections. */
  async kill(): Promise<void> {
    await this.#listener.close();
  }

  /** Listens again on the same port, without a memory of changes: its watch cache is new. */
  async restart(): Promise<void> {
    await this.kill();
    this.#store.compact();
    await this.#listener.open();
  }

  /** Forgets all changes: older resource versions are 410, and so are the pages of older lists. */
  compact(): Promise<void> {
    this.#store.compact();
    this.#pages.clear();
    return Promise.resolve();
  }

  backup(): Promise<string> {
    return Promise.resolve(this.#store.backup());
  }

  /** Back to a backup: resource versions go back in time. Every connection ends. */
  async restore(backup: string): Promise<void> {
    await this.kill();
    this.#store.restore(backup);
    await this.#listener.open();
  }

  async close(): Promise<void> {
    this.resume();
    await this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const asked = doubleRequest(request.method, request.url, request.headers);
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    if (asked !== undefined) this.#tally.add(asked, response);
    await this.#paused?.promise;
    if (asked?.token === undefined || !this.tokens.has(asked.token))
      return refuse(response, status(401, "Unauthorized"));
    const refusal = refusalOf(asked, this.forbidden);
    if (refusal !== undefined) return refuse(response, refusal);
    const fault = this.#faults.take(asked);
    if (fault !== undefined && misbehave(response, fault)) return undefined;
    if (asked.verb === "create")
      return send(response, 201, accessReview(JSON.parse(body) as Record<string, unknown>, this.forbidden));
    const { resource, namespace, name = "", headers } = asked;
    if (asked.verb === "get") {
      const missing = status(404, `${resource} "${name}" not found`);
      const object = this.#store.get(resource, namespace, name) ?? missing;
      return send(response, object === missing ? 404 : 200, object, { fault });
    }
    let selection: Selection;
    try {
      selection = parseSelection(asked);
    } catch (error) {
      return refuse(response, status(400, (error as Error).message));
    }
    if (asked.verb === "watch") return this.#watches.answer(asked, response, selection, fault);
    const answer = this.#pages.answer(asked, selection);
    if ("code" in answer) return refuse(response, answer);
    return send(response, 200, answer, { fault, acceptEncoding: headers["accept-encoding"] });
  }
}

/** Starts a double of an API server on a free port of 127.0.0.1. */
export async function startApiServerDouble(options: ApiServerDoubleOptions = {}): Promise<ApiServerDouble> {
  const double = new ApiServerDouble(await certificates(), options);
  await double.start();
  return double;
}
