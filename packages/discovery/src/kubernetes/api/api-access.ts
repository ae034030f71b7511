import type { ConnectionOptions } from "node:tls";

/** How connections to an API server are made. Equal ones are one. */
export interface Transport {
  readonly tls: Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername">;
  /** `http:`, `https:` or `socks5:` */
  readonly proxy?: string;
}

/** What one request needs to know. */
export interface Approach {
  /** Without a slash at its end. */
  readonly url: string;
  /** The identity of this process for the API server. */
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
}

/** Where an API server is and which identity is used there: read anew for every request, since certificates and tokens are rotated. */
export interface ApiAccess {
  /**
   * @param options `again`: what was read before is not known to the server, so nothing remembered will do.
   * @returns undefined when there is nothing to read again.
   */
  approach(options: { readonly again: boolean }): Promise<Approach | undefined>;
  namespace(): Promise<string>;
}
