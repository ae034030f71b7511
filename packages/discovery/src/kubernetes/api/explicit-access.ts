import { checkOptions, func, required, type Rules, text } from "@fleet/options";

import { InvalidOptionError } from "../../errors.ts";
import { plain } from "../../instance/fault.ts";
import type { ApiAccess, Approach, Transport } from "./api-access.ts";
import { KubeconfigError } from "./api-error.ts";

export interface ApiServerByHand {
  /** `https://10.0.0.1:6443`; `http:` only for what runs beside us, as `kubectl proxy` does. */
  readonly url: string;
  /** The authority of its certificate, in PEM. @default the machine's authorities */
  readonly ca?: string;
  /** A bearer token, or where to take one from: asked before every request. @default none */
  readonly token?: string | (() => string | Promise<string>);
}

const byHandRules: Rules<ApiServerByHand> = {
  url: required({
    kind: "text",
    expected: "an https: or http: URL without a user",
    fits: (value) => typeof value === "string",
  }),
  ca: { ...text, secret: true },
  token: {
    kind: "text",
    expected: "a token, or a function that answers one",
    fits: (value) => func.fits(value) || text.fits(value),
    secret: true,
  },
};

/** Access to an API server that is given explicitly, without a kubeconfig. */
export class ExplicitAccess implements ApiAccess {
  readonly #url: string;
  readonly #token: ApiServerByHand["token"];
  readonly #transport: Transport;

  /** @throws InvalidOptionError */
  constructor(server: ApiServerByHand) {
    checkOptions(server, byHandRules, InvalidOptionError, "server");
    const { url, ca, token } = server;
    const { protocol, username, password } = URL.parse(url) ?? {};
    // What is wrong may hold a password, so it is not repeated.
    if ((protocol !== "https:" && protocol !== "http:") || username !== "" || password !== "")
      throw new InvalidOptionError("server.url", "an https: or http: URL without a user", plain(url));
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#transport = { tls: ca === undefined ? {} : { ca } };
  }

  async approach({ again }: { readonly again: boolean }): Promise<Approach | undefined> {
    if (again && typeof this.#token !== "function") return undefined;
    const token = await this.#readToken();
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token.trim()}` };
    return { url: this.#url, headers: headers ?? {}, transport: this.#transport };
  }

  namespace(): Promise<string> {
    return Promise.resolve("default");
  }

  async #readToken(): Promise<string | undefined> {
    try {
      return typeof this.#token === "function" ? await this.#token() : this.#token;
    } catch (error) {
      const { code = "its function failed" } = error as NodeJS.ErrnoException;
      throw new KubeconfigError(`the token cannot be had: ${code}`, { cause: error });
    }
  }
}
