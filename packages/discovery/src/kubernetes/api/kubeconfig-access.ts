import { X509Certificate } from "node:crypto";
import type { RequestOptions } from "node:https";

import type { KubeConfig } from "@kubernetes/client-node";

import type { ApiAccess, Approach, Transport } from "./api-access.ts";
import { KubeconfigError } from "./api-error.ts";
import { loadKubeconfig } from "./load-kubeconfig.ts";
import type { KubeconfigOptions } from "./load-kubeconfig.ts";

/** Access to an API server as a kubeconfig or a service account describes it. */
export class KubeconfigAccess implements ApiAccess {
  readonly #options: KubeconfigOptions;
  #config: Promise<KubeConfig> | undefined;

  constructor(options: KubeconfigOptions) {
    this.#options = options;
  }

  /** Reading again is reading all of it: a token stands in a file of its own, in the kubeconfig, or comes from a plugin. */
  async approach({ again }: { readonly again: boolean }): Promise<Approach> {
    const config = await this.#load(again);
    const options: RequestOptions = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
      const transport = transportOf(config, options);
      return { url: config.getCurrentCluster()!.server, headers: headersOf(options), transport };
    } catch (error) {
      if (error instanceof KubeconfigError) throw error;
      throw new KubeconfigError(`the credentials of ${config.currentContext} ${failure(config, error)}`);
    }
  }

  async namespace(): Promise<string> {
    const config = await this.#load(false);
    return config.getContextObject(config.currentContext)?.namespace?.trim() || "default";
  }

  #load(again: boolean): Promise<KubeConfig> {
    if (this.#config !== undefined && !again) return this.#config;
    const config = loadKubeconfig(this.#options);
    this.#config = config;
    // What could not be read may be readable at the next attempt.
    config.catch(() => {
      if (this.#config === config) this.#config = undefined;
    });
    return config;
  }
}

/** Values are trimmed: a token file ends in a line break, which no header may hold. */
function headersOf({ headers, auth }: RequestOptions): Approach["headers"] {
  const own = Object.entries(headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value).trim(),
  ]);
  const basic = auth == null ? {} : { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
  return { ...basic, ...(Object.fromEntries(own) as Record<string, string>) };
}

function transportOf(config: KubeConfig, options: RequestOptions): Transport {
  if (options.cert !== undefined) checkValidity(String(options.cert));
  const { ca, cert, key, rejectUnauthorized, servername } = options;
  const given = Object.entries({ ca, cert, key, rejectUnauthorized, servername });
  const known = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const dispatcher = config.createDispatcherOptions(config.getCurrentCluster(), known);
  switch (dispatcher.type) {
    case "none":
      return { tls: {} };
    case "agent":
      return { tls: dispatcher.connect };
    default:
      return { tls: dispatcher.requestTls, proxy: dispatcher.uri };
  }
}

/** The server would only answer that it does not know us. */
function checkValidity(pem: string): void {
  const { validToDate } = new X509Certificate(pem);
  if (validToDate.getTime() < Date.now())
    throw new KubeconfigError(`the client certificate expired at ${validToDate.toISOString()}`);
}

/** What a plugin says may hold a secret. */
function failure(config: KubeConfig, error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) return `cannot be had: ${code} ${path}`;
  const user = config.getCurrentUser();
  const plugin = user?.exec ?? (user?.authProvider as unknown);
  return plugin == null ? `cannot be used: ${message}` : "cannot be had: their plugin failed";
}
