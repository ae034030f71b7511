import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { createFleet } from "@fleet/client";
import type { Fleet } from "@fleet/client";
import type { DiscoveryErrorMessage } from "@fleet/discovery";

import { buildGateway } from "./app.ts";
import type { Config } from "./config-schema.ts";
import { credentialsFrom } from "./credentials.ts";
import { openSources } from "./open-sources.ts";
import type { OpenSources } from "./open-sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A gateway that answers. */
export interface Serving {
  readonly data: string;
  readonly admin: string;
  /** The process was sent SIGHUP: writes a log line that says what is read again. */
  readonly hangUp: () => void;
  /** Takes no new requests, finishes those in flight, and lets go of everything. */
  close(): Promise<void>;
}

/** How long API servers, Sentinels and name servers have before the gateway gives up. */
const patienceMs = 30_000;

/**
 * Connects the fleet and opens both ports. A Redis that is away is no reason not to start: instances come and go.
 *
 * @param say is told why it is not listening yet.
 * @throws what keeps the gateway from starting, with its code; nothing is left open then.
 */
export async function serve(
  config: Config,
  environment: Environment,
  say: (line: string) => void = () => {},
): Promise<Serving> {
  await using opened = new AsyncDisposableStack();
  const open = opened.use(await openSources(config, environment));
  const fleet = opened.use(await connect(config, environment, open, say));
  const gateway = buildGateway({ config, fleet });
  opened.defer(() => gateway.close());
  const urls = await gateway.listen();
  const { log } = gateway.admin;
  log.info(urls, "listening");
  const closing = opened.move();
  return {
    ...urls,
    hangUp: () => log.warn("SIGHUP: nothing is read again; a changed configuration needs a restart"),
    close: async () => {
      log.info("closing");
      await closing.disposeAsync();
    },
  };
}

async function connect(
  config: Config,
  environment: Environment,
  { sources, kubernetes, addressMap }: OpenSources,
  say: (line: string) => void,
): Promise<Fleet> {
  const { timeoutMs, retries, graceMs, maxPipelineCommands, sentinel, dns } = config;
  const asksServers = kubernetes !== undefined || sentinel !== undefined || dns !== undefined;
  // A file says it once, and the gateway with it.
  using _telling = asksServers ? tellFailures(say) : undefined;
  const secrets = kubernetes?.secrets;
  return await createFleet({
    sources,
    startTimeoutMs: asksServers ? patienceMs : 0,
    credentials: credentialsFrom(environment, secrets),
    ...(secrets !== undefined && {
      certificates: (reference, _, { port }) => secrets.tls(reference, { port }),
    }),
    ...(addressMap !== undefined && { addressMap }),
    timeoutMs,
    retries,
    graceMs,
    pool: {
      // Requests arrive on many sockets: what one turn of the event loop reads leaves in one write.
      flush: "poll",
      // A pool counts commands, and the longest pipeline must not be the only one; what holds memory is bounded in bytes.
      maxInFlight: 10 * Math.max(maxPipelineCommands, 10_000),
    },
  });
}

function tellFailures(say: (line: string) => void): Disposable {
  const listener = (message: unknown): void => {
    const { source, code, error } = message as DiscoveryErrorMessage;
    say(`${source}: ${code}: ${error.message}`);
  };
  subscribe("fleet:discovery:error", listener);
  return { [Symbol.dispose]: () => void unsubscribe("fleet:discovery:error", listener) };
}
