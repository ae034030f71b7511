import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

import { certificates } from "../../certificates.ts";
import type { Certificates } from "../../certificates.ts";
import { labelSelector } from "../label-selector.ts";
import type { KubernetesObject, ObjectName } from "../object.ts";
import { status } from "../status.ts";
import { accessReview, refusalOf } from "./double-access.ts";
import type { DoubleFault, Verb } from "./double-fault.ts";
import { DoubleListener } from "./double-listener.ts";
import { DoublePages } from "./double-pages.ts";
import { misbehave, refuse, send } from "./double-reply.ts";
import { doubleRequest } from "./double-request.ts";
import type { DoubleRequest } from "./double-request.ts";
import { DoubleStore, resourceKinds } from "./double-store.ts";
import type { StoreEvent } from "./double-store.ts";
import { DoubleWatch } from "./double-watch.ts";
import type { Selection } from "./double-watch.ts";

export interface ApiServerDoubleOptions {
  /** Offers HTTP/2, as an API server does. @default true */
  readonly http2?: boolean;
  /** How it takes `sendInitialEvents`: does it, refuses it (422, the feature's gate is off), or knows it not. @default "on" */
  readonly watchList?: "on" | "off" | "ignored";
  /** The longest life of a watch in milliseconds, whatever was asked for. @default as asked for */
  readonly maxWatchMs?: number;
}

interface Injected {
  readonly fault: DoubleFault;
  readonly verb: Verb;
  readonly resource: string | undefined;
  left: number;
}

/** So much is remembered of what was asked; it is counted for ever. */
const remembered = 1000;

const streamingRefused =
  'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';

/** A server that behaves as an API server does, and misbehaves as told; `await using` it, or close it. */
export class ApiServerDouble implements AsyncDisposable {
  readonly host: string = "127.0.0.1";
  readonly ca: string;
  /** Tokens that are known; everybody else is answered 401. A watch that is open outlives its token. */
  readonly tokens = new Set<string>();
  /** What nobody may, as in `list services`, or `list services in shop` (403). */
  readonly forbidden = new Set<string>();
  readonly #requests: DoubleRequest[] = [];
  readonly #options: ApiServerDoubleOptions;
  readonly #store: DoubleStore;
  readonly #listener: DoubleListener;
  readonly #watches = new Set<DoubleWatch>();
  readonly #open = new Map<string, number>();
  readonly #peak = new Map<string, number>();
  readonly #pages: DoublePages;
  readonly #counts = new Map<string, number>();
  #faults: Injected[] = [];
  readonly #held: StoreEvent[] = [];
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(tls: Certificates, options: ApiServerDoubleOptions) {
    this.ca = tls.ca;
    this.tokens.add(this.adminToken);
    this.#options = options;
    this.#store = new DoubleStore((event) => {
      if (this.#paused !== undefined) this.#held.push(event);
      else for (const watch of this.#watches) watch.change(event);
    });
    this.#pages = new DoublePages(this.#store);
    this.#listener = new DoubleListener(tls, options.http2 ?? true, (request, response) => {
      // A client that is gone while it is answered: there is nobody to tell.
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
    return this.#requests;
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
    return this.#counts.get(`${verb} ${resource}`) ?? 0;
  }

  /** How many are being answered now. */
  open(verb: Verb, resource: string): number {
    return this.#open.get(`${verb} ${resource}`) ?? 0;
  }

  /** The most that were being answered at one time. */
  peak(verb: Verb, resource: string): number {
    return this.#peak.get(`${verb} ${resource}`) ?? 0;
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

  /** From now on so many requests of this verb are answered with a fault (one unless told; Infinity until `heal`). */
  inject(
    fault: DoubleFault,
    on: { readonly verb: Verb; readonly resource?: string; readonly times?: number },
  ): void {
    this.#faults.push({ fault, verb: on.verb, resource: on.resource, left: on.times ?? 1 });
  }

  /** Ends all faults that were injected. */
  heal(): void {
    this.#faults = [];
  }

  /** Tells open watches that asked for bookmarks where they stand. */
  bookmark(): void {
    for (const watch of this.#watches) watch.bookmark(resourceKinds[watch.resource]!, this.#store.revision);
  }

  /** Writes into open watches whatever it is, as in half a line. */
  write(text: string, resource?: string): void {
    for (const watch of this.#of(resource)) watch.write(text);
  }

  /** Ends open watches in good order. */
  endWatches(resource?: string): void {
    for (const watch of this.#of(resource)) watch.end();
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
    for (const event of this.#held.splice(0)) for (const watch of this.#watches) watch.change(event);
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

  #of(resource: string | undefined): readonly DoubleWatch[] {
    return [...this.#watches].filter((watch) => (resource ?? watch.resource) === watch.resource);
  }

  async #answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const asked = doubleRequest(request.method, request.url, request.headers);
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    if (asked !== undefined) {
      if (this.#requests.push(asked) > remembered) this.#requests.shift();
      this.#counted(asked, response);
    }
    await this.#paused?.promise;
    if (asked?.token === undefined || !this.tokens.has(asked.token))
      return refuse(response, status(401, "Unauthorized"));
    const refusal = refusalOf(asked, this.forbidden);
    if (refusal !== undefined) return refuse(response, refusal);
    const fault = this.#take(asked);
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
      selection = selectionOf(asked);
    } catch (error) {
      return refuse(response, status(400, (error as Error).message));
    }
    if (asked.verb === "watch") return this.#watch(asked, response, selection, fault);
    const answer = this.#pages.answer(asked, selection);
    if ("code" in answer) return refuse(response, answer);
    return send(response, 200, answer, { fault, acceptEncoding: headers["accept-encoding"] });
  }

  #counted(asked: DoubleRequest, response: Http2ServerResponse): void {
    const key = `${asked.verb} ${asked.resource}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const open = (this.#open.get(key) ?? 0) + 1;
    this.#open.set(key, open);
    this.#peak.set(key, Math.max(open, this.#peak.get(key) ?? 0));
    response.once("close", () => this.#open.set(key, this.#open.get(key)! - 1));
  }

  #take({ verb, resource }: DoubleRequest): DoubleFault | undefined {
    const next = this.#faults.find((one) => one.verb === verb && (one.resource ?? resource) === resource);
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#faults.splice(this.#faults.indexOf(next), 1);
    return next.fault;
  }

  #watch(
    { query }: DoubleRequest,
    response: Http2ServerResponse,
    selection: Selection,
    fault: DoubleFault | undefined,
  ): void {
    const { watchList = "on", maxWatchMs } = this.#options;
    const bookmarks = query["allowWatchBookmarks"] === "true";
    const streams = query["sendInitialEvents"] === "true" && watchList !== "ignored";
    const notOlder = query["resourceVersionMatch"] === "NotOlderThan";
    if (streams && (watchList === "off" || !notOlder)) return refuse(response, status(422, streamingRefused));
    const asked = query["timeoutSeconds"] === undefined ? undefined : Number(query["timeoutSeconds"]) * 1000;
    const timeoutMs = maxWatchMs === undefined ? asked : Math.min(asked ?? maxWatchMs, maxWatchMs);
    const version = query["resourceVersion"] ?? "";
    const first = streams || version === "" || version === "0";
    const after = first ? 0 : Number(version);
    response.writeHead(200, { "content-type": "application/json" });
    // The headers leave at once, as those of a watch do.
    (response as unknown as { flushHeaders?: () => void }).flushHeaders?.();
    const watch = new DoubleWatch(response, selection, { bookmarks, after, timeoutMs });
    if (fault?.kind === "silent") return;
    if (fault?.kind === "event") {
      watch.event("ERROR", status(fault.status, fault.message ?? "on purpose", fault.reason));
      if (fault.stays !== true) watch.end();
      return;
    }
    if (!first && after < this.#store.floor) {
      watch.event("ERROR", status(410, `too old resource version: ${after} (${this.#store.floor})`));
      return watch.end();
    }
    const { resource, namespace, matches } = selection;
    if (first) {
      for (const object of this.#store.list(resource, namespace))
        if (matches(object)) watch.event("ADDED", object);
      if (streams) watch.bookmark(resourceKinds[resource]!, this.#store.revision, true);
    } else for (const event of this.#store.since(resource, after)) watch.change(event);
    this.#watches.add(watch);
    response.once("close", () => this.#watches.delete(watch));
  }
}

/** Starts a double of an API server on a free port of 127.0.0.1. */
export async function startApiServerDouble(options: ApiServerDoubleOptions = {}): Promise<ApiServerDouble> {
  const double = new ApiServerDouble(await certificates(), options);
  await double.start();
  return double;
}

function selectionOf({ resource, namespace, query }: DoubleRequest): Selection {
  const labels = labelSelector(query["labelSelector"] ?? "");
  const fields = labelSelector(query["fieldSelector"] ?? "");
  return {
    resource,
    namespace,
    matches: ({ metadata }) =>
      labels(metadata.labels ?? {}) &&
      fields({ "metadata.name": metadata.name, "metadata.namespace": metadata.namespace ?? "" }),
  };
}
