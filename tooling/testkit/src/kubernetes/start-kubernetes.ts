import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { certificates } from "../certificates.ts";
import type { Certificates } from "../certificates.ts";
import { freePort } from "../free-port.ts";
import { ServerProcess } from "../processes/server-process.ts";
import { watchdog } from "../processes/watchdog.ts";
import { ApiClient } from "./api-client.ts";
import { Etcd } from "./etcd.ts";
import { kubeconfig } from "./kubeconfig.ts";
import type { KubeconfigOptions } from "./kubeconfig.ts";
import { kubernetesProgram } from "./kubernetes-available.ts";
import { serviceAccount } from "./objects.ts";
import { rightsOf } from "./rights.ts";
import type { Rights } from "./rights.ts";

export interface StartKubernetesOptions {
  /** Run the controllers that make EndpointSlices and empty deleted namespaces. @default false */
  readonly controllers?: boolean;
  /** Flags of kube-apiserver, as in `{ "goaway-chance": 0.02 }`. They win over the testkit's own. */
  readonly flags?: Readonly<Record<string, string | number | boolean>>;
}

/** A running API server and its etcd; `await using` it, or close it. */
export interface KubernetesServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly caFile: string;
  /** Of a user with all rights. */
  readonly adminToken: string;
  /** The administrator's kubeconfig file. */
  readonly kubeconfig: string;
  /** The process of the API server that runs now, or ran last. */
  readonly pid: number;
  /** As in `v1.36.4`. */
  readonly version: string;
  /** Its own folder: logs, certificates and data. */
  readonly folder: string;
  readonly request: ApiClient["request"];
  readonly apply: ApiClient["apply"];
  readonly patch: ApiClient["patch"];
  readonly delete: ApiClient["delete"];
  readonly get: ApiClient["get"];
  readonly list: ApiClient["list"];
  /** A service account of that name with these rights (none by default), made where it is missing; answers its token. */
  user(name: string, rights?: Rights): Promise<string>;
  /** Writes a kubeconfig file; url and ca are by default the server's own, and there is no token. */
  writeKubeconfig(options?: Partial<KubeconfigOptions>): Promise<string>;
  /** Sends a signal to the API server (SIGKILL by default) and waits until it is gone. etcd and the controllers go on. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the API server where it stands (SIGSTOP): connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Starts the API server again, killed before if it still runs: same port, same data. Other flags may be given. */
  restart(flags?: StartKubernetesOptions["flags"]): Promise<void>;
  /** Makes etcd forget every revision before the present one. */
  compact(): Promise<void>;
  /** Keeps what etcd holds now; answers a word for `restore`. */
  backup(): Promise<string>;
  /** Puts a backup in the place of what etcd holds, and starts both again: resource versions go back in time. */
  restore(backup: string): Promise<void>;
  close(): Promise<void>;
}

const host = "127.0.0.1";
const bindRaces = 5;
const startMs = 60_000;

/** Starts a Kubernetes API server of this test's own on a free port of 127.0.0.1, ready when the promise resolves. */
export async function startKubernetes(options: StartKubernetesOptions = {}): Promise<KubernetesServer> {
  const tls = await certificates();
  for (let attempt = 1; ; attempt += 1) {
    const server = await LocalKubernetes.create(tls, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.close();
      if (!(error instanceof PortTakenError) || attempt === bindRaces) throw error;
    }
  }
}

/** Another process was quicker to bind one of the ports. */
class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

class LocalKubernetes implements KubernetesServer {
  readonly host: string = host;
  readonly port: number;
  readonly url: string;
  readonly ca: string;
  readonly caFile: string;
  readonly adminToken: string = crypto.randomUUID();
  readonly folder: string;
  readonly kubeconfig: string;
  version = "";
  readonly #tls: Certificates;
  readonly #etcd: Etcd;
  readonly #client: ApiClient;
  readonly #withControllers: boolean;
  #flags: NonNullable<StartKubernetesOptions["flags"]>;
  #server: ServerProcess | undefined;
  #controllers: ServerProcess | undefined;
  #kubeconfigs = 0;
  #closed = false;

  static async create(tls: Certificates, options: StartKubernetesOptions): Promise<LocalKubernetes> {
    const port = await freePort();
    const folder = mkdtempSync(join(watchdog().folder, `kubernetes-${port}-`));
    return new LocalKubernetes(tls, port, folder, await Etcd.start(folder), options);
  }

  private constructor(
    tls: Certificates,
    port: number,
    folder: string,
    etcd: Etcd,
    options: StartKubernetesOptions,
  ) {
    this.#tls = tls;
    this.port = port;
    this.folder = folder;
    this.#etcd = etcd;
    this.#withControllers = options.controllers === true;
    this.#flags = options.flags ?? {};
    this.url = `https://${host}:${port}`;
    this.ca = tls.ca;
    this.caFile = tls.caFile;
    this.kubeconfig = join(folder, "admin.kubeconfig");
    this.#client = new ApiClient(this.url, this.ca, this.adminToken);
  }

  get pid(): number {
    return this.#server?.pid ?? -1;
  }

  readonly request: ApiClient["request"] = (...args) => this.#client.request(...args);
  readonly apply: ApiClient["apply"] = (...args) => this.#client.apply(...args);
  readonly patch: ApiClient["patch"] = (...args) => this.#client.patch(...args);
  readonly delete: ApiClient["delete"] = (...args) => this.#client.delete(...args);
  readonly get: ApiClient["get"] = (...args) => this.#client.get(...args);
  readonly list: ApiClient["list"] = (...args) => this.#client.list(...args);

  async start(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const file = (name: string, text: string): Promise<void> =>
      writeFile(join(this.folder, name), text, { mode: 0o600 });
    const { url, ca, adminToken } = this;
    await Promise.all([
      file("sa.key", privateKey.export({ type: "sec1", format: "pem" }) as string),
      file("tokens.csv", `${adminToken},admin,admin-uid,"system:masters"\n`),
      file("admin.kubeconfig", kubeconfig({ url, ca, token: adminToken })),
    ]);
    await this.#serve();
    const { gitVersion } = (await this.request("/version")) as { readonly gitVersion: string };
    this.version = gitVersion;
    if (this.#withControllers)
      this.#controllers = new ServerProcess(
        kubernetesProgram("controllers"),
        [
          `--kubeconfig=${this.kubeconfig}`,
          "--controllers=endpointslice-controller,namespace-controller",
          "--leader-elect=false",
          "--secure-port=0",
        ],
        this.folder,
        join(this.folder, "controllers.log"),
      );
  }

  async user(name: string, rights: Rights = { rules: [] }): Promise<string> {
    const namespace = rights.namespace ?? "default";
    await this.apply(serviceAccount(name, { namespace }), ...rightsOf(name, rights));
    const { status } = (await this.request(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      method: "POST",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    })) as { readonly status: { readonly token: string } };
    return status.token;
  }

  async writeKubeconfig(options: Partial<KubeconfigOptions> = {}): Promise<string> {
    this.#kubeconfigs += 1;
    const path = join(this.folder, `${this.#kubeconfigs}.kubeconfig`);
    await writeFile(path, kubeconfig({ url: this.url, ca: this.ca, ...options }), { mode: 0o600 });
    return path;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#server?.signal(signal);
    await this.#server?.exit();
  }

  pause(): void {
    this.#server?.signal("SIGSTOP");
  }

  resume(): void {
    this.#server?.signal("SIGCONT");
  }

  async restart(flags?: StartKubernetesOptions["flags"]): Promise<void> {
    if (this.#closed) throw new Error(`the API server on port ${this.port} is closed`);
    if (flags !== undefined) this.#flags = flags;
    await this.kill();
    await this.#serve();
  }

  compact(): Promise<void> {
    return this.#etcd.compact();
  }

  backup(): Promise<string> {
    return this.#etcd.backup();
  }

  async restore(backup: string): Promise<void> {
    await this.kill();
    await this.#etcd.restore(backup);
    await this.restart();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#controllers?.signal("SIGKILL");
    await Promise.all([this.#controllers?.exit(), this.kill(), this.#etcd.kill()]);
    this.#client.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const flags: StartKubernetesOptions["flags"] = {
      "etcd-servers": this.#etcd.url,
      "cert-dir": at("certs"),
      "tls-cert-file": this.#tls.certFile,
      "tls-private-key-file": this.#tls.keyFile,
      "bind-address": host,
      "advertise-address": host,
      "secure-port": this.port,
      "service-cluster-ip-range": "10.0.0.0/16",
      "service-account-issuer": "https://kubernetes.default.svc",
      "service-account-signing-key-file": at("sa.key"),
      "service-account-key-file": at("sa.key"),
      "token-auth-file": at("tokens.csv"),
      "authorization-mode": "RBAC",
      // No controller makes the accounts that it asks for.
      "disable-admission-plugins": "ServiceAccount",
      // It would write the loopback address into a slice, which refuses it.
      "endpoint-reconciler-type": "none",
      profiling: false,
      "enable-priority-and-fairness": false,
      ...this.#flags,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const log = at("apiserver.log");
    await writeFile(log, "");
    this.#server = new ServerProcess(kubernetesProgram("server"), args, this.folder, log);
    const deadline = performance.now() + startMs;
    let last: unknown;
    while (performance.now() < deadline) {
      if (this.#server.exited) throw await ended("kube-apiserver", log);
      if (this.#etcd.exited) throw await ended("etcd", this.#etcd.log);
      try {
        await this.request("/readyz");
        return;
      } catch (error) {
        last = error;
      }
      await sleep(20);
    }
    throw new Error(`kube-apiserver was not ready on port ${this.port} within ${startMs} ms`, {
      cause: last,
    });
  }
}

async function ended(program: string, log: string): Promise<Error> {
  const said = (await readFile(log, "utf8")).trim();
  if (/address already in use/i.test(said)) return new PortTakenError(`${program}: a port is taken`);
  return new Error(`${program} ended at its start:\n${said.split("\n").slice(-15).join("\n")}`);
}
