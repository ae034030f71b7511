import { Agent, request } from "node:https";

import type { KubernetesObject, ObjectName } from "./object.ts";
import { StatusError } from "./status-error.ts";

export interface RequestOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  /** As which user. @default the administrator */
  readonly token?: string;
}

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const answerMs = 15_000;
const manager = "fleet-testkit";

/** What a test does to an API server, as a user with all rights. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<ReadonlyMap<string, Resource>>>();

  constructor(url: string, ca: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: 16 });
  }

  /** One request and its JSON answer; throws StatusError when refused. */
  async request(path: string, options: RequestOptions = {}): Promise<unknown> {
    const { status, text } = await this.#send(path, options);
    if (status >= 400) throw new StatusError(`${options.method ?? "GET"} ${path}`, status, text);
    return text.startsWith("{") ? JSON.parse(text) : text;
  }

  /** Creates objects, or changes them to what is given; `status` is written too. In order, and answered as they are then. */
  async apply(...objects: readonly KubernetesObject[]): Promise<readonly KubernetesObject[]> {
    const answers: KubernetesObject[] = [];
    for (const object of objects) {
      const { status, ...rest } = object;
      let answer = await this.#apply(rest, "");
      if (status !== undefined) {
        const { apiVersion, kind } = object;
        const { name, namespace } = object.metadata;
        const metadata = { name, ...(namespace !== undefined && { namespace }) };
        answer = await this.#apply({ apiVersion, kind, metadata, status }, "/status");
      }
      answers.push(answer);
    }
    return answers;
  }

  /** Merges a patch into an object (RFC 7396: null removes); `subresource` as in `status`. */
  async patch(target: ObjectName, patch: unknown, subresource?: string): Promise<KubernetesObject> {
    const path = await this.path(target);
    return (await this.request(subresource === undefined ? path : `${path}/${subresource}`, {
      method: "PATCH",
      body: patch,
      contentType: "application/merge-patch+json",
    })) as KubernetesObject;
  }

  /**
   * Deletes objects that are there. At once, unless a number of seconds of grace is given for a Pod: no kubelet ends it here, so it
   * stays Terminating until it is deleted again.
   */
  async delete(
    targets: ObjectName | readonly ObjectName[],
    { graceSeconds = 0 }: { readonly graceSeconds?: number } = {},
  ): Promise<void> {
    for (const target of [targets].flat())
      await this.request(`${await this.path(target)}?gracePeriodSeconds=${graceSeconds}`, {
        method: "DELETE",
      });
  }

  async get(target: ObjectName): Promise<KubernetesObject> {
    return (await this.request(await this.path(target))) as KubernetesObject;
  }

  /** All objects of a kind, in one namespace or in all; the query as in `labelSelector=app%3Dredis`. */
  async list(
    apiVersion: string,
    kind: string,
    options: { readonly namespace?: string; readonly query?: string } = {},
  ): Promise<readonly KubernetesObject[]> {
    const { namespace, query = "" } = options;
    const path = await this.#collection(apiVersion, kind, namespace);
    const { items } = (await this.request(`${path}?${query}`)) as { readonly items: KubernetesObject[] };
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  /** The path of an object. */
  async path(target: ObjectName): Promise<string> {
    const { apiVersion, kind, metadata } = target;
    return `${await this.#collection(apiVersion, kind, metadata.namespace ?? "default")}/${metadata.name}`;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(path: string, options: RequestOptions): Promise<Answer> {
    const { method = "GET", body, contentType = "application/json", token = this.#token } = options;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body !== undefined && { "content-type": contentType }),
    };
    const signal = AbortSignal.timeout(answerMs);
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, this.#url), { method, agent: this.#agent, headers, signal });
      asked.once("response", (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (text += chunk));
        answer.once("error", reject);
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.once("error", (error: NodeJS.ErrnoException) => {
        // A kept connection whose end we had not seen yet: the server was killed, or it was idle for too long.
        if (asked.reusedSocket && error.code === "ECONNRESET") resolve(this.#send(path, options));
        else reject(error);
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async #apply(object: KubernetesObject, subresource: string): Promise<KubernetesObject> {
    const path = `${await this.path(object)}${subresource}?fieldManager=${manager}&force=true`;
    return (await this.request(path, {
      method: "PATCH",
      body: object,
      contentType: "application/apply-patch+yaml",
    })) as KubernetesObject;
  }

  async #collection(apiVersion: string, kind: string, namespace: string | undefined): Promise<string> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let known = this.#resources.get(root);
    if (known === undefined) {
      known = this.#discover(root);
      this.#resources.set(root, known);
      known.catch(() => this.#resources.delete(root));
    }
    const resource = (await known).get(kind);
    if (resource === undefined) throw new Error(`${apiVersion} has no kind ${kind}`);
    const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
    return `${root}${scope}/${resource.name}`;
  }

  async #discover(root: string): Promise<ReadonlyMap<string, Resource>> {
    const { resources } = (await this.request(root)) as {
      readonly resources: readonly (Resource & { readonly kind: string })[];
    };
    return new Map(
      resources.filter(({ name }) => !name.includes("/")).map((resource) => [resource.kind, resource]),
    );
  }
}
