import type { Address, SentinelConnection, TlsReference } from "@fleet/discovery";
import { LateConnection } from "@fleet/pool/ioredis";

import { readTls } from "./read-tls.ts";

export interface SentinelConnectOptions {
  /** What the Sentinels themselves ask for, asked at every dial. @default nothing */
  readonly credentials?: () => Promise<{ readonly username?: string; readonly password?: string }>;
  /** How to speak TLS to them; files are read at every dial. @default plain TCP */
  readonly tls?: Omit<TlsReference, "secret" | "optional">;
}

/** How a `SentinelSource` reaches its Sentinels: its option `connect`. */
export function sentinelConnect({ credentials, tls }: SentinelConnectOptions = {}): (
  address: Address,
) => SentinelConnection {
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
