import { resolve } from "node:path";

import type { KubeConfig } from "@kubernetes/client-node";
import { parse, YAMLParseError } from "yaml";

import { KubeconfigError } from "./api-error.ts";

type Client = typeof import("@kubernetes/client-node");
type Loading = Parameters<KubeConfig["loadFromString"]>;

export interface KubeconfigOptions {
  /** @default as kubectl finds it */
  readonly kubeconfig?: string | undefined;
  /** @default the current one */
  readonly context?: string | undefined;
}

/** Where the client ends up when it has found nothing. */
const nowhere = "http://localhost:8080";

/**
 * A kubeconfig that leads somewhere. `@kubernetes/client-node` costs a quarter of a second and 80 MB, so it is loaded here, and only
 * when it is needed.
 *
 * @throws KubeconfigError
 */
export async function loadKubeconfig({ kubeconfig, context }: KubeconfigOptions): Promise<KubeConfig> {
  const config = newConfig(await client());
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    const { code, path, message } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? message : `${code} ${path}`;
    throw new KubeconfigError(`the kubeconfig cannot be read: ${reason}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  check(config);
  return config;
}

async function client(): Promise<Client> {
  try {
    return await import("@kubernetes/client-node");
  } catch (error) {
    throw new KubeconfigError(
      "a kubeconfig needs the package @kubernetes/client-node, which is not installed",
      {
        cause: error,
      },
    );
  }
}

/** The client does not know `tokenFile`, as kubectl does, but has an authenticator that reads such a file again and again. */
function newConfig({ KubeConfig }: Client): KubeConfig {
  return new (class extends KubeConfig {
    override loadFromString(...[text, options]: Loading): void {
      const { users = [] } = parsed(text);
      super.loadFromString(text, options);
      this.users = this.users.map(({ token, ...user }) => {
        const tokenFile = users.find(({ name }) => name === user.name)?.user?.tokenFile;
        if (tokenFile === undefined) return { ...user, ...(token !== undefined && { token }) };
        return { ...user, authProvider: { name: "tokenFile", config: { tokenFile } } };
      });
    }

    override makePathsAbsolute(folder: string): void {
      super.makePathsAbsolute(folder);
      for (const { authProvider } of this.users) {
        const { config } = (authProvider ?? {}) as { readonly config?: { tokenFile?: string } };
        if (config?.tokenFile !== undefined) config.tokenFile = resolve(folder, config.tokenFile);
      }
    }
  })();
}

interface Document {
  readonly users?: readonly { readonly name?: string; readonly user?: { readonly tokenFile?: string } }[];
}

/** A parser's own message quotes the line, which may be a token. */
function parsed(text: string): Document {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new KubeconfigError(`the kubeconfig is no YAML${line === undefined ? "" : `: line ${line}`}`);
  }
  if (typeof document !== "object" || document === null)
    throw new KubeconfigError("the kubeconfig is empty, or no mapping");
  return document;
}

function check(config: KubeConfig): void {
  const { currentContext, contexts, clusters } = config;
  const [cluster] = clusters;
  if (currentContext === "loaded-context" && cluster?.server === nowhere)
    throw new KubeconfigError(
      "there is no kubeconfig: KUBECONFIG is not set, there is no ~/.kube/config, and this is no Pod with a service account",
    );
  const names = contexts.map(({ name }) => name).join(", ") || "none";
  if (config.getContextObject(currentContext) === null)
    throw new KubeconfigError(
      currentContext === undefined
        ? `the kubeconfig has no current context; its contexts are ${names}`
        : `the kubeconfig has no context ${JSON.stringify(currentContext)}; its contexts are ${names}`,
    );
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw new KubeconfigError(
      `the context ${currentContext} of the kubeconfig names a cluster that it has not`,
    );
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ""))
    throw new KubeconfigError(`the server of the context ${currentContext} is not an http: or https: URL`);
}
