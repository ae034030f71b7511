import type { ConditionSet } from "../source/condition-set.ts";
import { ApiError } from "./api/api-error.ts";
import type { ApiServer } from "./api/api-server.ts";
import { condition } from "./releases/reasons.ts";

interface NamespacePresenceOptions {
  readonly api: Pick<ApiServer, "get">;
  readonly namespace: string;
  readonly conditions: ConditionSet;
}

/**
 * Whether a namespace in which nothing is found is there at all: a server lists what is in one that does not exist, and answers
 * nothing. A condition says so for as long as it lasts.
 */
export class NamespacePresence {
  readonly #options: NamespacePresenceOptions;
  readonly #end = new AbortController();
  #looking: Promise<void> | undefined;
  #isEmpty = false;

  constructor(options: NamespacePresenceOptions) {
    this.#options = options;
  }

  /** What is in it was read, or has changed. */
  look(isEmpty: boolean): void {
    this.#isEmpty = isEmpty;
    if (!isEmpty) this.#say();
    else if (!this.#end.signal.aborted)
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#looking;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { api, namespace } = this.#options;
    try {
      await api.get(`/api/v1/namespaces/${namespace}`, { signal: this.#end.signal });
      this.#say();
    } catch (error) {
      if (!this.#isEmpty || this.#end.signal.aborted) return;
      const { status } = error instanceof ApiError ? error : {};
      if (status === 404) this.#say("NoNamespace", "there is no such namespace");
      else if (status === 403)
        this.#say(
          "EmptyNamespace",
          "nothing that could be a Redis is in this namespace, and whether there is one we may not get",
        );
      // Else the server is away, which others report; what was known stays.
    }
  }

  #say(reason?: "NoNamespace" | "EmptyNamespace", message = ""): void {
    const { namespace, conditions } = this.#options;
    const said = reason === undefined ? [] : [condition(reason, `namespaces/${namespace}`, message)];
    conditions.replace(`presence ${namespace}`, said);
  }
}
