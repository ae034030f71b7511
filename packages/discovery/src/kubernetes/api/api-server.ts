import { checkOptions, clock as ofClock, ms, type Rules, text, withDefault } from "@fleet/options";
import { inBackground, systemClock, type Clock } from "@fleet/time";
import { request as send } from "undici";
import type { Dispatcher } from "undici";

import { InvalidOptionError } from "../../errors.ts";
import type { ApiAccess, Approach } from "./api-access.ts";
import { jsonAnswer, refusal } from "./api-answer.ts";
import { ApiConnections } from "./api-connections.ts";
import { ApiError, KubeconfigError } from "./api-error.ts";
import type { ApiRequestName } from "./api-error.ts";
import { nameRequest } from "./api-path.ts";
import { ExplicitAccess } from "./explicit-access.ts";
import type { ApiServerByHand } from "./explicit-access.ts";
import { KubeconfigAccess } from "./kubeconfig-access.ts";
import { RequestLife } from "./request-life.ts";
import type { WatchEvent } from "./watch-event.ts";
import { watchEvents } from "./watch-stream.ts";

export interface ApiServerOptions {
  /** A kubeconfig file. @default as kubectl finds it: KUBECONFIG, ~/.kube/config, else the Pod's service account */
  readonly kubeconfig?: string;
  /** One of the kubeconfig's contexts. @default the current one */
  readonly context?: string;
  /** By hand, without a kubeconfig and without `@kubernetes/client-node`. */
  readonly server?: ApiServerByHand;
  /** Milliseconds that an answer may take, from the question to its last byte; of a watch, to its headers. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** Monotonic milliseconds and timers. @default the process's monotonic clock */
  readonly clock?: Clock;
}

export const apiServerRules: Rules<ApiServerOptions> = {
  kubeconfig: { ...text, expected: "the path of a file" },
  context: text,
  // What is in it is checked on its own: it may hold a password.
  server: {
    kind: "object",
    expected: "a record with a url",
    fits: (value) => typeof value === "object" && value !== null,
    secret: true,
  },
  requestTimeoutMs: withDefault(30_000, ms()),
  clock: ofClock,
};

export interface ApiRequestOptions {
  /** The query of the URL; what is undefined is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Ends the request; it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ApiGetOptions extends ApiRequestOptions {
  /** The form of the answer. @default application/json */
  readonly accept?: string;
}

export interface ApiWatchOptions extends ApiRequestOptions {
  /** Milliseconds after which a watch that is still open is given up. */
  readonly deadlineMs: number;
  /** Called when the server has accepted it. */
  readonly opened?: () => void;
  /** Whether an open watch lets the process end. @default false */
  readonly inBackground?: boolean;
}

interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly request: ApiRequestName;
  readonly query: ApiRequestOptions["query"];
  readonly accept?: string | undefined;
  readonly body?: unknown;
  readonly lane: "questions" | "watches";
}

/**
 * Where an API server is and how to speak to it. All requests share its connections, which are made anew when the certificates of the
 * kubeconfig change; a token file is read again every minute, and at once when the server does not know the token.
 */
export class ApiServer implements AsyncDisposable {
  readonly #access: ApiAccess;
  readonly #requestTimeoutMs: number;
  readonly #clock: Clock;
  readonly #connections = new ApiConnections();
  readonly #end = new AbortController();

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION). A kubeconfig is read when it is needed. */
  constructor(options: ApiServerOptions = {}) {
    checkOptions(options, apiServerRules, InvalidOptionError);
    const { kubeconfig, context, server, requestTimeoutMs = 30_000, clock = systemClock } = options;
    if (server !== undefined && (kubeconfig ?? context) !== undefined)
      throw new InvalidOptionError("server", "alone, without kubeconfig and context", "both");
    this.#access =
      server === undefined ? new KubeconfigAccess({ kubeconfig, context }) : new ExplicitAccess(server);
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#clock = clock;
  }

  /**
   * The namespace of the context or of the service account; `default` where none is said.
   *
   * @throws KubeconfigError
   */
  async namespace({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    signal?.throwIfAborted();
    return this.#access.namespace();
  }

  /** @throws ApiError, KubeconfigError, the signal's reason */
  get<T>(path: string, { query, accept, signal }: ApiGetOptions = {}): Promise<T> {
    const request = nameRequest("get", path);
    return this.#ask<T>({ method: "GET", path, request, query, accept, lane: "questions" }, signal);
  }

  /** @throws ApiError, KubeconfigError, the signal's reason */
  post<T>(path: string, body: unknown, { query, signal }: ApiRequestOptions = {}): Promise<T> {
    const request = nameRequest("create", path);
    return this.#ask<T>({ method: "POST", path, request, query, body, lane: "questions" }, signal);
  }

  /**
   * Changes as they happen, until the server ends it in good order.
   *
   * @throws ApiError also for an ERROR in the stream, a line that is none of a watch, and after the deadline; KubeconfigError; the
   * signal's reason
   */
  async *watch(path: string, options: ApiWatchOptions): AsyncGenerator<WatchEvent> {
    const { query, signal, deadlineMs, opened } = options;
    const request = nameRequest("watch", path);
    // Its socket keeps no process alive; the timer of its deadline does.
    using life = this.#life(
      request,
      signal,
      options.inBackground === true ? inBackground(this.#clock) : this.#clock,
    );
    try {
      const response = await this.#answer(
        { method: "GET", path, request, query: { ...query, watch: "1" }, lane: "watches" },
        life,
      );
      // Its reader receives errors; when the reader is gone, an error is dropped.
      response.body.on("error", () => {});
      try {
        life.limit(deadlineMs);
        opened?.();
        yield* watchEvents(response.body as AsyncIterable<Buffer>, request);
      } finally {
        response.body.destroy();
      }
    } catch (error) {
      throw this.#failure(error, request, life);
    }
  }

  /** Ends what is under way; no connection is left. Twice is once. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#connections.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ask<T>(question: Question, signal: AbortSignal | undefined): Promise<T> {
    const { request } = question;
    using life = this.#life(request, signal);
    try {
      const response = await this.#answer(question, life);
      return await jsonAnswer<T>(response, request);
    } catch (error) {
      throw this.#failure(error, request, life);
    }
  }

  /** The answer, if it is one of success. After 401 the credentials are read again, once. */
  async #answer(question: Question, life: RequestLife): Promise<Dispatcher.ResponseData> {
    const { request } = question;
    const approach = await this.#access.approach({ again: false });
    const response = await this.#send(question, approach!, life);
    if (isSuccess(response)) return response;
    const refused = await refusal(response, request);
    const other = refused.status === 401 ? await this.#access.approach({ again: true }) : undefined;
    if (other === undefined) throw refused;
    const second = await this.#send(question, other, life);
    if (isSuccess(second)) return second;
    throw await refusal(second, request);
  }

  #send(
    question: Question,
    { url, headers, transport }: Approach,
    life: RequestLife,
  ): Promise<Dispatcher.ResponseData> {
    const { method, path, query, accept = "application/json", body, lane } = question;
    life.signal.throwIfAborted();
    return send(`${url}${path}${queryText(query)}`, {
      dispatcher: this.#connections.along(transport)[lane],
      method,
      signal: life.signal,
      // A watch takes its connection along when it ends: the next one comes in minutes, and may be sent to another server.
      reset: lane === "watches",
      headers: {
        ...headers,
        accept,
        "accept-encoding": "gzip",
        "user-agent": "fleet-discovery",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  #life(request: ApiRequestName, signal: AbortSignal | undefined, clock = this.#clock): RequestLife {
    const signals = signal === undefined ? [this.#end.signal] : [this.#end.signal, signal];
    const life = new RequestLife(
      clock,
      signals,
      (ms) => new ApiError("FLEET_DISCOVERY_API_TIMEOUT", `not done within ${ms} ms`, { request }),
    );
    life.limit(this.#requestTimeoutMs);
    return life;
  }

  /** What ended it: what aborted it, where something did, else what was thrown. */
  #failure(error: unknown, request: ApiRequestName, { signal }: RequestLife): unknown {
    if (this.#end.signal.aborted)
      return new ApiError("FLEET_DISCOVERY_API_CLOSED", "this ApiServer is closed", { request });
    if (signal.aborted) return signal.reason;
    if (error instanceof ApiError || error instanceof KubeconfigError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    return new ApiError("FLEET_DISCOVERY_API_UNREACHABLE", `no connection: ${code ?? message}`, {
      request,
      cause: error,
    });
  }
}

function queryText(query: ApiRequestOptions["query"] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}

function isSuccess({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode >= 200 && statusCode <= 299;
}
