import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { certificates } from "../certificates.ts";
import type { Certificates } from "../certificates.ts";
import { startContainer } from "../find/container-engine.ts";
import { findRedis } from "../find/find-redis.ts";
import type { FoundRedis } from "../find/find-redis.ts";
import { inspectBinary, isAtLeast } from "../find/redis-binary.ts";
import type { Flavour } from "../find/redis-binary.ts";
import { freePort } from "../free-port.ts";
import { ServerProcess } from "../processes/server-process.ts";
import type { Running } from "../processes/server-process.ts";
import { watchdog } from "../processes/watchdog.ts";
import { RedisError } from "../resp.ts";
import { adminCall } from "./admin-call.ts";
import type { AdminAddress } from "./admin-call.ts";
import { quoted, redisConf } from "./redis-config.ts";
import type { RedisConfig } from "./redis-config.ts";

export interface StartRedisOptions {
  /** Lines of redis.conf; a list repeats its directive. They win over the testkit's own. */
  readonly config?: RedisConfig;
  /** The default user's password. @default none */
  readonly password?: string;
  /** ACL users as in redis.conf: `user alice on >secret ~* +@all`. */
  readonly acl?: readonly string[];
  /** Speak TLS only, with a certificate for 127.0.0.1, ::1 and localhost. @default false */
  readonly tls?: boolean;
  /** The TCP port on 127.0.0.1. @default a free one */
  readonly port?: number;
  /** Path of the server program. @default what findRedis() finds */
  readonly server?: string;
  /** Return as soon as it listens, or once it has loaded its data too. @default "loaded" */
  readonly waitFor?: "listening" | "loaded";
}

/** A running server; `await using` it, or close it. */
export interface RedisServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The process that runs now, or ran last. */
  readonly pid: number;
  readonly version: string;
  readonly flavour: Flavour;
  readonly password?: string;
  readonly tls?: Certificates;
  /** Its own folder: configuration, log and data. */
  readonly folder: string;
  /** Sends a signal (SIGKILL by default) and waits until the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the process where it stands (SIGSTOP): connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it in good order if it still runs, and starts it again: same port, same folder. */
  restart(): Promise<void>;
  /** Sends one command over a connection of its own, as a user with all rights; an error reply is thrown. */
  call(...args: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

const host = "127.0.0.1";
const bindRaces = 10;
const startMs = 15_000;
const answerMs = 2000;
/** The user that `call` is when a test defines users of its own. */
const adminUser = "fleet-testkit";

/** Starts a Redis of this test's own on a free port of 127.0.0.1, ready when the promise resolves. */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const found = options.server === undefined ? await findRedis() : await inspectBinary(options.server);
  const isClustered = "cluster-enabled" in (options.config ?? {});
  const tls = options.tls === true ? await certificates() : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort({ bus: isClustered }));
    const server = new LocalRedis(found, port, tls, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.close();
      if (!(error instanceof PortTakenError) || options.port !== undefined || attempt === bindRaces)
        throw error;
    }
  }
}

/** Another process was quicker to bind the port. */
class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

class LocalRedis implements RedisServer {
  readonly host: string = host;
  readonly port: number;
  readonly version: string;
  readonly flavour: Flavour;
  readonly password?: string;
  readonly tls?: Certificates;
  readonly folder: string;
  readonly #found: Omit<FoundRedis, "how">;
  readonly #options: StartRedisOptions;
  readonly #admin: AdminAddress;
  #process: Running | undefined;
  #closed = false;

  constructor(
    found: Omit<FoundRedis, "how">,
    port: number,
    tls: Certificates | undefined,
    options: StartRedisOptions,
  ) {
    this.#found = found;
    this.#options = options;
    this.port = port;
    this.version = found.version;
    this.flavour = found.flavour;
    if (options.password !== undefined) this.password = options.password;
    this.folder = mkdtempSync(join(watchdog().folder, `${port}-`));
    if (tls !== undefined) this.tls = tls;
    this.#admin = {
      host,
      port,
      ...(this.tls && { tls: this.tls }),
      ...(options.acl !== undefined && { username: adminUser, password: crypto.randomUUID() }),
      ...(options.acl === undefined && options.password !== undefined && { password: options.password }),
    };
  }

  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  async start(): Promise<void> {
    const file = join(this.folder, "redis.conf");
    // Sentinel and cluster nodes write into their configuration; a restart must not lose that.
    if (this.#process === undefined) await writeFile(file, this.#configuration(), { mode: 0o600 });
    const log = join(this.folder, "redis.log");
    await writeFile(log, "");
    const sentinel = "sentinel" in (this.#options.config ?? {});
    const args = sentinel ? [file, "--sentinel"] : [file];
    const { path, image } = this.#found;
    this.#process =
      image === undefined
        ? new ServerProcess(path, args, this.folder, log)
        : await startContainer(image, args, this.folder, log);
    await this.#ready(this.#process, log);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#process?.signal(signal);
    await this.#process?.exit();
  }

  pause(): void {
    this.#process?.signal("SIGSTOP");
  }

  resume(): void {
    this.#process?.signal("SIGCONT");
  }

  async restart(): Promise<void> {
    if (this.#closed) throw new Error(`the server on port ${this.port} is closed`);
    this.resume();
    await this.kill("SIGTERM");
    await this.start();
  }

  async call(...args: readonly string[]): Promise<unknown> {
    // WAIT is about the writes that came before on the same connection; any command first makes it about all of them.
    const waits = /^wait(aof)?$/i.test(args[0] ?? "");
    return adminCall(this.#admin, waits ? [["PING"], args] : [args]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #configuration(): string {
    const { password, acl, config = {} } = this.#options;
    const { tls, port, folder } = this;
    const admin = acl === undefined ? [] : [`user ${adminUser} on >${this.#admin.password!} ~* &* +@all`];
    return redisConf(
      {
        bind: host,
        dir: quoted(folder),
        save: "",
        ...(tls === undefined
          ? { port }
          : {
              port: 0,
              "tls-port": port,
              "tls-ca-cert-file": quoted(tls.caFile),
              "tls-cert-file": quoted(tls.certFile),
              "tls-key-file": quoted(tls.keyFile),
              "tls-auth-clients": "optional",
              "tls-replication": "yes",
            }),
        ...(isAtLeast(this.version, "7.0") && !("sentinel" in config) && { "enable-debug-command": "local" }),
        ...(password !== undefined && { requirepass: quoted(password) }),
      },
      config,
      [...(acl ?? []), ...admin],
    );
  }

  async #ready(process: Running, log: string): Promise<void> {
    const deadline = performance.now() + startMs;
    let last: unknown;
    while (performance.now() < deadline) {
      if (process.exited) throw await this.#failed(log);
      try {
        last = await this.#obstacle();
        if (last === undefined) return;
      } catch (error) {
        if (error instanceof PortTakenError) throw error;
        last = error;
      }
      await sleep(5);
    }
    throw new Error(`${this.#found.path} was not ready on port ${this.port} within ${startMs} ms`, {
      cause: last,
    });
  }

  /** Why it is not ready yet; throws while it does not answer, and when it is not ours. */
  async #obstacle(): Promise<RedisError | undefined> {
    const said = await this.#ask("PING");
    if (said instanceof RedisError) {
      if (this.#options.waitFor !== "listening" && said.message.startsWith("LOADING")) return said;
      // A server that lost the race for its port leaves another process's to answer there, until we see that ours is gone.
      if (said.message.startsWith("WRONGPASS")) return said;
    }
    const dir = await this.#ask("CONFIG", "GET", "dir");
    if (Array.isArray(dir) && dir[1] !== this.folder) throw new PortTakenError(`port ${this.port} is taken`);
    return undefined;
  }

  async #ask(...args: readonly string[]): Promise<unknown> {
    return adminCall(this.#admin, [args], answerMs).catch((error: unknown) => {
      // A refusal is an answer too.
      if (error instanceof RedisError) return error;
      throw error;
    });
  }

  async #failed(log: string): Promise<Error> {
    const said = (await readFile(log, "utf8")).trim();
    if (/address already in use/i.test(said)) return new PortTakenError(`port ${this.port} is taken`);
    return new Error(`${this.#found.path} ended at its start:\n${said.split("\n").slice(-15).join("\n")}`);
  }
}
