import type { Clock } from "../clock.ts";
import type { WatchEvent } from "./watch-event.ts";

export interface ApiServerOptions {
  /** A kubeconfig file. @default as kubectl finds it: KUBECONFIG, ~/.kube/config, else the Pod's service account */
  readonly kubeconfig?: string;
  /** One of the kubeconfig's contexts. @default the current one */
  readonly context?: string;
  /** By hand, without a kubeconfig and without `@kubernetes/client-node`. */
  readonly server?: ApiServerByHand;
  /** Milliseconds that an answer may take, from the question to its last byte; of a watch, to its first. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** @default the process's monotonic clock */
  readonly clock?: Clock;
}

export interface ApiServerByHand {
  /** `https://10.0.0.1:6443`; `http:` only for what runs beside us, as `kubectl proxy` does. */
  readonly url: string;
  /** The authority of its certificate, in PEM. @default the machine's authorities */
  readonly ca?: string;
  /** A bearer token, or where to take one from: asked before every request. @default none */
  readonly token?: string | (() => string | Promise<string>);
}

export interface ApiRequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export interface ApiWatchOptions extends ApiRequestOptions {
  /** Milliseconds after which a watch that is still open is given up. */
  readonly deadlineMs: number;
}

/**
 * Where an API server is and how one speaks to it. Its connections are shared by all who ask, and made anew when the certificates of
 * the kubeconfig change; a token is read again when it is old, and once more when the server does not know it.
 */
export class ApiServer implements AsyncDisposable {
  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION). A kubeconfig is read when it is needed. */
  constructor(options: ApiServerOptions = {}) {
    void options;
  }

  /**
   * The namespace of the context or of the service account; `default` where none is said.
   *
   * @throws KubeconfigError
   */
  namespace(options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return Promise.reject(new Error(String(options)));
  }

  /** @throws ApiError, KubeconfigError */
  get<T>(path: string, options: ApiRequestOptions = {}): Promise<T> {
    return Promise.reject(new Error(path + String(options)));
  }

  /** @throws ApiError, KubeconfigError */
  post<T>(path: string, body: unknown, options: ApiRequestOptions = {}): Promise<T> {
    return Promise.reject(new Error(path + String(body) + String(options)));
  }

  /**
   * Changes as they happen. Ends when the server ends it in good order or when the signal aborts.
   *
   * @throws ApiError also for an ERROR in the stream, a line that is none of a watch, and a deadline; KubeconfigError
   */
  // eslint-disable-next-line require-yield
  async *watch(path: string, options: ApiWatchOptions): AsyncGenerator<WatchEvent> {
    throw new Error(path + String(options));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
