import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isDeepStrictEqual } from "node:util";

import { Namespace } from "@fleet/isolation";

import type { Extra, TokenConfig } from "../config/config-schema.ts";
import { carriesTwo } from "../http/carries-two.ts";
import { originsOf } from "../http/cors.ts";
import type { Origins } from "../http/cors.ts";
import { queryToken } from "../http/parse-url.ts";
import { isDigestShaped } from "../token-secret.ts";

/** A caller of the gateway, and what it may do. */
export interface Token {
  readonly name: string;
  readonly rights: "full" | "read-only" | "admin";
  readonly namespace: Namespace;
  /** Whether this token may ask the instance or group of that name. */
  allows(target: string): boolean;
  /** The reads that a read-only token has beyond those of the keys it names. */
  readonly extras: ReadonlySet<Extra>;
  /** The origins whose pages may use it. Undefined: none. */
  readonly origins: Origins | undefined;
  /** Aborts when the configuration no longer has the token as it was: what lasts longer than a request ends. */
  readonly revoked: AbortSignal;
  /** Where requests at the root go. */
  readonly defaultTarget: string | undefined;
  /**
   * What each of its calls says to the fleet, made once. Replies stay the bytes that they come as: what a client gets is made of those,
   * without a value in between.
   */
  readonly calls: { readonly namespace: Namespace; readonly encoding: "wire" };
}

type Grants = NonNullable<Parameters<typeof Namespace.project>[1]>;

interface Known {
  readonly digest: Buffer;
  readonly config: TokenConfig;
  readonly token: Token;
  readonly revoking: AbortController;
}

/** The tokens of the configuration, known by their digests only. */
export class Tokens {
  /** By the digest's bytes as a string, which costs a request less than hex does. */
  #byDigest: ReadonlyMap<string, Known> = new Map();
  #origins: Origins = new Set();
  readonly #asked = Buffer.alloc(32);
  readonly #notifyDigest: (name: string) => void;
  readonly #grants: Grants;

  /**
   * @param notifyDigest is called with the name of a token each time a caller presents its digest as the secret: the
   *   configuration then holds the token where its digest belongs, or the digest has leaked.
   * @param grants what projects may do because the servers check it too.
   */
  constructor(
    configured: readonly TokenConfig[],
    notifyDigest: (name: string) => void = () => {},
    grants: Grants = {},
  ) {
    this.#notifyDigest = notifyDigest;
    this.#grants = grants;
    this.replace(configured);
  }

  /** The origins that any token is for. */
  get origins(): Origins {
    return this.#origins;
  }

  /** Other tokens from now on. What is as it was stays the same object; the others are revoked. */
  replace(configured: readonly TokenConfig[]): void {
    const before = this.#byDigest;
    const now = new Map<string, Known>();
    for (const one of configured) {
      const digest = Buffer.from(one.digest, "hex");
      const key = digest.toString("binary");
      const same = before.get(key);
      now.set(
        key,
        same !== undefined && isDeepStrictEqual(same.config, one) ? same : known(digest, one, this.#grants),
      );
    }
    this.#byDigest = now;
    this.#origins = originsOf(configured.flatMap(({ origins = [] }) => origins));
    for (const [key, one] of before) if (now.get(key) !== one) one.revoking.abort();
  }

  /**
   * The token of a request: of its `Authorization` header, with or without `Bearer`, else of `_token` in its URL.
   *
   * @returns undefined when there is none, when it is unknown, or when the request carries two.
   */
  authenticate(request: IncomingMessage, url: string): Token | undefined {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      const secret = queryToken(url);
      return typeof secret === "string" ? this.#find(secret) : undefined;
    }
    // Node drops the second of two such headers, and a proxy in front may have read the other one.
    if (carriesTwo(request.rawHeaders, "authorization")) return undefined;
    if (url.includes("_token") && queryToken(url) !== undefined) return undefined;
    const space = authorization.indexOf(" ");
    if (space < 0) return this.#find(authorization);
    if (space !== 6 || authorization.slice(0, 6).toLowerCase() !== "bearer") return undefined;
    return this.#find(authorization.slice(7).trimStart());
  }

  #find(secret: string): Token | undefined {
    const key = hash("sha256", secret, "binary");
    const found = this.#byDigest.get(key);
    if (found === undefined) {
      if (isDigestShaped(secret)) {
        const mistaken = this.#byDigest.get(Buffer.from(secret, "hex").toString("binary"));
        if (mistaken !== undefined) this.#notifyDigest(mistaken.token.name);
      }
      return undefined;
    }
    this.#asked.write(key, "binary");
    return timingSafeEqual(this.#asked, found.digest) ? found.token : undefined;
  }
}

function known(digest: Buffer, config: TokenConfig, grants: Grants): Known {
  const revoking = new AbortController();
  return { digest, config, revoking, token: tokenOf(config, revoking.signal, grants) };
}

function tokenOf(
  { name, rights, targets, defaultTarget, project, allows = [], origins }: TokenConfig,
  revoked: AbortSignal,
  grants: Grants,
): Token {
  const allowed: ReadonlySet<string> | undefined = targets === "*" ? undefined : new Set(targets);
  const namespace = project === undefined ? Namespace.dedicated() : Namespace.project(project, grants);
  return {
    name,
    rights,
    extras: new Set(allows),
    origins: origins && originsOf(origins),
    revoked,
    namespace,
    calls: Object.freeze({ namespace, encoding: "wire" }),
    allows: (target) => allowed === undefined || allowed.has(target),
    defaultTarget: defaultTarget ?? (allowed?.size === 1 ? [...allowed][0] : undefined),
  };
}
