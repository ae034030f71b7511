import { publishError } from "../channels.ts";
import { checkMs } from "../check-ms.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { ApiServer } from "./api-server.ts";
import { isPod, isSecret } from "./named-objects.ts";
import { NamedReads } from "./named-reads.ts";
import { passwordPlaces } from "./pod-secrets.ts";
import type { SecretPlace } from "./pod-secrets.ts";
import { ReadPatience } from "./read-patience.ts";
import { SecretError } from "./secret-error.ts";

export interface KubernetesSecretsOptions {
  /** Closing it is the caller's affair. */
  readonly api: Pick<ApiServer, "get">;
  /**
   * How long the API server is waited for where what is known could do, in ms; three times as long where nothing is known, and a
   * tenth while it was silent a moment ago. @default 1000
   */
  readonly patienceMs?: number;
  /** @default the process's monotonic clock */
  readonly clock?: Clock;
}

export interface SecretCredentials {
  readonly username?: string;
  readonly password: string;
}

/** What a Secret of certificates holds, in PEM. */
export interface SecretTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Keys and values as the API server sends them, in base64. */
type SecretData = Readonly<Record<string, string>>;

const name = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
const secretReference = new RegExp(`^secret:(${name})/(${name})/([A-Za-z0-9._-]+)$`);
const podReference = new RegExp(`^pod:(${name})/(${name})$`);
const tlsReference = new RegExp(`^(${name})/(${name})$`);

/**
 * Credentials and certificates from Kubernetes. Each is one `get` by name at the moment somebody dials: nothing is listed or watched, and a
 * rotated Secret counts from the next dial on. While the API server cannot be asked, what it said last is used, also that there is no
 * such object, and `fleet:discovery:error` reports it.
 */
export class KubernetesSecrets {
  readonly #secrets: NamedReads<SecretData>;
  readonly #pods: NamedReads<readonly SecretPlace[]>;

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor({ api, patienceMs = 1000, clock = systemClock }: KubernetesSecretsOptions) {
    checkMs("patienceMs", patienceMs, 1);
    const patience = new ReadPatience(clock, patienceMs);
    const common = { api, clock, patience, stale: reportStale };
    this.#secrets = new NamedReads({
      ...common,
      isOne: isSecret,
      project: (object) => (object as { readonly data?: SecretData }).data ?? {},
      forgetsGone: true,
    });
    // A Pod comes back under its name; meanwhile the others of its set need the Secret that it named.
    this.#pods = new NamedReads({ ...common, isOne: isPod, project: passwordPlaces, forgetsGone: false });
  }

  /**
   * The credentials behind `secret:NAMESPACE/NAME/KEY`, or behind `pod:NAMESPACE/NAME`: the Secret that the environment or the
   * volumes of that Pod name. The user name is the value of the key that says "username" where the key says "password".
   *
   * @returns undefined when there is no such Secret or Pod, or when the Pod names none.
   * @throws SecretError when the Secret is there without the key; ApiError when the API server says no, or cannot be asked and
   * could not before.
   */
  async resolve(
    reference: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<SecretCredentials | undefined> {
    const [, inNamespace, pod] = podReference.exec(reference) ?? [];
    if (inNamespace !== undefined && pod !== undefined) {
      const places = await this.#pods.read(pathOf(inNamespace, "pods", pod), signal);
      for (const place of places ?? []) {
        const found = await this.#credentials(inNamespace, place, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    const [, namespace, name, key] = secretReference.exec(reference) ?? [];
    // What is no reference may be the secret itself, so it is not repeated.
    if (namespace === undefined || name === undefined || key === undefined)
      throw new SecretError(
        "FLEET_DISCOVERY_SECRET_REFERENCE",
        "a reference has the form secret:NAMESPACE/NAME/KEY or pod:NAMESPACE/NAME",
      );
    return this.#credentials(namespace, { name, key, optional: false }, signal);
  }

  /**
   * The certificates in the Secret `NAMESPACE/NAME`: `ca.crt`, and `tls.crt` with `tls.key` for a client certificate.
   *
   * @throws SecretError when there is no such Secret or nothing of that in it; ApiError as above.
   */
  async tls(reference: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<SecretTls> {
    const [, namespace, name] = tlsReference.exec(reference) ?? [];
    if (namespace === undefined || name === undefined)
      throw new SecretError(
        "FLEET_DISCOVERY_SECRET_REFERENCE",
        "a Secret of certificates is referred to as NAMESPACE/NAME",
      );
    const data = await this.#secrets.read(pathOf(namespace, "secrets", name), signal);
    if (data === undefined)
      throw new SecretError("FLEET_DISCOVERY_SECRET_MISSING", `there is no Secret ${reference}`);
    const [ca, cert, key] = [valueOf(data, "ca.crt"), valueOf(data, "tls.crt"), valueOf(data, "tls.key")];
    if ((ca === undefined && cert === undefined) || (cert === undefined) !== (key === undefined))
      throw keyMissing(reference, "ca.crt, or tls.crt with tls.key", data);
    return {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
  }

  async #credentials(
    namespace: string,
    { name, key, optional }: SecretPlace,
    signal: AbortSignal | undefined,
  ): Promise<SecretCredentials | undefined> {
    const data = await this.#secrets.read(pathOf(namespace, "secrets", name), signal);
    if (data === undefined) return undefined;
    const password = valueOf(data, key);
    if (password === undefined) {
      if (optional) return undefined;
      throw keyMissing(`${namespace}/${name}`, key, data);
    }
    const username = valueOf(data, usernameKey(key));
    return { ...(username !== undefined && { username }), password };
  }
}

function pathOf(namespace: string, plural: "pods" | "secrets", name: string): string {
  return `/api/v1/namespaces/${namespace}/${plural}/${name}`;
}

/** One line break at the end is not part of a value: `kubectl create secret --from-file` takes the editor's along. */
function valueOf(data: SecretData, key: string | undefined): string | undefined {
  const encoded = key !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
  if (encoded === undefined) return undefined;
  const value = Buffer.from(encoded, "base64")
    .toString("utf8")
    .replace(/\r?\n$/, "");
  return value === "" ? undefined : value;
}

/** `redis-password` -> `redis-username`; undefined where the key says nothing of a password. */
function usernameKey(key: string): string | undefined {
  const username = key.replace(/password$/, "username").replace(/PASSWORD$/, "USERNAME");
  return username === key ? undefined : username;
}

function keyMissing(secret: string, wanted: string, data: SecretData): SecretError {
  const keys = Object.keys(data);
  return new SecretError(
    "FLEET_DISCOVERY_SECRET_KEY_MISSING",
    `the Secret ${secret} has no value for ${wanted}; its keys are ${keys.length === 0 ? "none" : keys.join(", ")}`,
  );
}

function reportStale(path: string, cause: unknown, known: "value" | "missing"): void {
  const [, , , , namespace, plural, name] = path.split("/");
  const error = new SecretError(
    "FLEET_DISCOVERY_SECRET_STALE",
    `the ${plural === "pods" ? "Pod" : "Secret"} ${namespace}/${name} cannot be read now; ${known === "value" ? "what it last said is used" : "it did not exist when it was last asked for"}`,
    cause,
  );
  publishError({ code: error.code, source: undefined, error });
}
