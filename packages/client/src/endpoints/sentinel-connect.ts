import type { Address, SentinelConnection, TlsReference } from "@fleet/discovery";
import { checkOptions, func, type Rules } from "@fleet/options";
import { LateConnection } from "@fleet/pool/ioredis";

import { InvalidOptionError } from "../errors.ts";
import { readTls } from "./read-tls.ts";

export interface SentinelConnectOptions {
  /** What the Sentinels themselves ask for, asked at every dial. @default nothing */
  readonly credentials?: () => Promise<{ readonly username?: string; readonly password?: string }>;
  /** How to speak TLS to them; files are read at every dial. @default plain TCP */
  readonly tls?: Omit<TlsReference, "secret" | "optional">;
}

export const sentinelConnectRules: Rules<SentinelConnectOptions> = {
  credentials: { ...func, secret: true },
  tls: {
    kind: "object",
    expected: "a record of TLS settings",
    fits: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  },
};

/**
 * How a `SentinelSource` reaches its Sentinels: its option `connect`.
 *
 * @throws InvalidOptionError
 */
export function sentinelConnect(
  options: SentinelConnectOptions = {},
): (address: Address) => SentinelConnection {
  checkOptions(options, sentinelConnectRules, InvalidOptionError);
  const { credentials, tls } = options;
  return ({ host, port }) =>
    new LateConnection({
      host,
      port,
      ...(credentials !== undefined && { credentials }),
      ...(tls !== undefined && { tls: async () => (await readTls(tls, host, noSecret)) ?? {} }),
    });
}

function noSecret(): never {
  throw new TypeError("a Sentinel's certificates are files");
}
