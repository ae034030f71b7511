import { createFleet } from "@fleet/client";
import type { Fleet } from "@fleet/client";
import { FileSource } from "@fleet/discovery";
import type { InstanceInput } from "@fleet/discovery";

import { buildGateway } from "./app.ts";
import type { Config } from "./config-schema.ts";
import { credentialsFrom } from "./credentials.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A gateway that answers. */
export interface Serving {
  readonly data: string;
  readonly admin: string;
  /** Takes no new requests, finishes those in flight, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Connects the fleet and opens both ports. A Redis that is away is no reason not to start: instances come and go.
 *
 * @throws what keeps the gateway from starting, with its code; nothing is left open then.
 */
export async function serve(config: Config, environment: Environment): Promise<Serving> {
  const fleet = await connect(config, environment);
  const gateway = buildGateway({ config, fleet });
  const close = async (): Promise<void> => {
    await gateway.close();
    await fleet.close();
  };
  try {
    const urls = await gateway.listen();
    gateway.admin.log.info(urls, "listening");
    return {
      ...urls,
      close: async () => {
        gateway.admin.log.info("closing");
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function connect(config: Config, environment: Environment): Promise<Fleet> {
  const { instances, instancesFile, timeoutMs, retries, graceMs, maxPipelineCommands } = config;
  return createFleet({
    ...(instances === undefined ? {} : { instances: instances as readonly InstanceInput[] }),
    ...(instancesFile === undefined ? {} : { sources: [new FileSource({ path: instancesFile })] }),
    credentials: credentialsFrom(environment),
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
