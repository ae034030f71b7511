import { setTimeout as pause } from "node:timers/promises";

import { createFleet } from "@fleet/client";
import type { Fleet, FleetOptions } from "@fleet/client";

import { aclOptionsOf } from "./acl/acl-options-of.ts";
import { buildGateway } from "./app.ts";
import type { Config } from "./config/config-schema.ts";
import { fleetOptionsIn } from "./config/fleet-schema.ts";
import { watchForChange } from "./reload/file-watch.ts";
import { credentialsFrom } from "./sources/credentials.ts";
import { openSources } from "./sources/open-sources.ts";
import type { OpenSources } from "./sources/open-sources.ts";
import { watchStart } from "./start-watch.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** How long the sources have before the ports open without them. */
const patienceMs = 2000;

interface ServeOptions {
  readonly signal?: AbortSignal;
  readonly again?: {
    readonly load: () => Promise<{ readonly config: Config }>;
    readonly file: string | undefined;
  };
}

/** A gateway that answers, if only that it knows no instances yet. */
export interface Serving {
  readonly data: string;
  readonly admin: string;
  /** The process was sent SIGHUP: the configuration is read again. */
  readonly hangUp: () => void;
  /** Takes no new requests, finishes those in flight, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Connects the fleet, opens both ports and resolves when there are instances. Neither a Redis nor a source that is away is a reason not
 * to start: instances come and go, and API servers, Sentinels and name servers are asked until they answer.
 *
 * @param listening called when the ports are open, with instances or not; `close()` ends the waiting for them.
 * @param options.again how the configuration is read again, and the file it is in, which is watched. @default neither
 * @param options.signal ends the start as long as the ports are not open; it means nothing after.
 * @throws what keeps the gateway from starting, with its code, or the signal's reason; nothing is left open then.
 */
export async function serve(
  config: Config,
  environment: Environment,
  listening: (serving: Serving) => void = () => {},
  options: ServeOptions = {},
): Promise<Serving> {
  const { signal } = options;
  const opened = new AsyncDisposableStack();
  try {
    const open = opened.use(await openSources(config, environment));
    const fleet = opened.use(await connect(config, environment, open, signal));
    const { started, tried } = watchStart(fleet, open.sources);
    const { load, file } = options.again ?? {};
    const gateway = buildGateway({
      config,
      fleet,
      sources: open.sources,
      again: load && { load, list: open.byHand },
    });
    opened.defer(() => gateway.close());
    // Long enough for a server that is there, and for a kubeconfig that is not; probes do not wait for one that hangs.
    const enough = new AbortController();
    const over = signal === undefined ? enough.signal : AbortSignal.any([enough.signal, signal]);
    const patience = pause(patienceMs, undefined, { signal: over }).catch(() => "it is not needed");
    await Promise.race([tried, patience]).finally(() => enough.abort());
    signal?.throwIfAborted();
    const urls = await gateway.listen();
    signal?.throwIfAborted();
    const { log } = gateway.admin;
    log.info(urls, "listening");
    const { reloads } = gateway;
    const readAgain = (reason: string): void => {
      if (reloads === undefined) log.warn({ reason }, "the configuration cannot be read again");
      else
        reloads.reload(reason).catch((error: unknown) => {
          log.error({ reason, code: codeOf(error) }, "the configuration could not be read again");
        });
    };
    if (file !== undefined && config.reloadIntervalMs > 0)
      opened.use(watchForChange(file, config.reloadIntervalMs, () => readAgain("the file changed")));
    const serving: Serving = {
      ...urls,
      hangUp: () => readAgain("SIGHUP"),
      close: async () => {
        log.info("closing");
        await opened.disposeAsync();
      },
    };
    listening(serving);
    await started;
    return serving;
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function connect(
  config: Config,
  environment: Environment,
  { sources, kubernetes, addressMap }: OpenSources,
  signal: AbortSignal | undefined,
): Promise<Fleet> {
  const { sentinel, dns } = config;
  const asksServers = kubernetes !== undefined || sentinel !== undefined || dns !== undefined;
  const secrets = kubernetes?.secrets;
  const options: FleetOptions = {
    ...fleetOptionsIn(config),
    sources,
    // A file says at once what there is, or why it cannot be used.
    waitsForSources: !asksServers,
    startTimeoutMs: config.startTimeoutMs ?? (asksServers ? Infinity : 0),
    credentials: credentialsFrom(environment, secrets),
    ...(secrets !== undefined && {
      certificates: (reference, _, { port }) => secrets.tls(reference, { port }),
    }),
    ...(addressMap !== undefined && { addressMap }),
    ...(config.acl.enabled && { acl: await aclOptionsOf(config.acl, environment) }),
  };
  // A fleet that does not wait is closed by its owner, in order.
  return await createFleet(options, asksServers ? {} : { signal });
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}
