import { checkOptions, clock as ofClock, hasMethods, ms, required, type Rules } from "@fleet/options";
import { systemClock, type Clock } from "@fleet/time";

import { publishError } from "../../channels.ts";
import { InvalidOptionError } from "../../errors.ts";
import type { ApiServer } from "../api/api-server.ts";
import { ReadPatience } from "../api/read-patience.ts";
import type { KubernetesSource } from "../kubernetes-source.ts";
import { condition } from "../releases/reasons.ts";
import { isPod, isSecret } from "./named-objects.ts";
import { NamedReads } from "./named-reads.ts";
import { withUser } from "./password-in-secret.ts";
import type { SecretValues } from "./password-in-secret.ts";
import { isTextName, passwordInText } from "./password-in-text.ts";
import { certificatesIn, hasPair, selfSigned } from "./pod-certificates.ts";
import { factsOf } from "./pod-facts.ts";
import type { PodFacts } from "./pod-facts.ts";
import { passwordsAt } from "./pod-passwords.ts";
import type { PodPassword } from "./pod-passwords.ts";
import { speaksTls } from "./pod-tls.ts";
import { isForbidden, keyMissing, SecretError } from "./secret-error.ts";
import type { SecretTls } from "./secret-tls.ts";

export interface KubernetesSecretsOptions {
  /** Closing it is the caller's affair. */
  readonly api: Pick<ApiServer, "get">;
  /** Where it is reported that Pods of a namespace may not be read. @default nowhere */
  readonly source?: Pick<KubernetesSource, "report">;
  /**
   * How long the API server is waited for where what is known could do, in ms; three times as long where nothing is known, and a
   * tenth while it was silent a moment ago. @default 1000
   */
  readonly patienceMs?: number;
  /** Monotonic milliseconds and timers. @default the process's monotonic clock */
  readonly clock?: Clock;
}

export const secretsRules: Rules<KubernetesSecretsOptions> = {
  api: required({ kind: "object", expected: "an ApiServer", fits: (value) => hasMethods(value, "get") }),
  source: { kind: "object", expected: "a KubernetesSource", fits: (value) => hasMethods(value, "report") },
  patienceMs: ms(1),
  clock: ofClock,
};

export interface SecretCredentials {
  readonly username?: string;
  readonly password: string;
}

export interface TlsOptions {
  /** The port of the endpoint, where a Pod says something else for each port. */
  readonly port?: number;
  /** Ends the read; it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Keys and values as the API server sends them, in base64. */
type SecretData = Readonly<Record<string, string>>;

export interface PasswordOptions {
  /** Whose password is wanted. @default the default user's, or that of the one that is named */
  readonly username?: string | undefined;
  /** The port that is dialed, where a Pod has several servers. @default any */
  readonly port?: number | undefined;
  /** Ends the read; it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

const name = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
const secretReference = new RegExp(`^secret:(${name})/(${name})/([A-Za-z0-9._-]+)$`);
const podReference = new RegExp(`^pod:(${name})/(${name})$`);
const tlsReference = new RegExp(`^(${name})/(${name})$`);

/**
 * Credentials and certificates from Kubernetes. Each is one `get` by name at the moment of a dial: nothing is listed or watched, and a
 * rotated Secret counts from the next dial on. While the API server cannot be asked, what it said last is used, also that there is no
 * such object, and `fleet:discovery:error` reports it.
 */
export class KubernetesSecrets {
  readonly #secrets: NamedReads<SecretData>;
  readonly #pods: NamedReads<PodFacts>;
  readonly #source: KubernetesSecretsOptions["source"];

  /** @throws InvalidOptionError (FLEET_DISCOVERY_INVALID_OPTION) */
  constructor(options: KubernetesSecretsOptions) {
    checkOptions(options, secretsRules, InvalidOptionError);
    const { api, source, patienceMs = 1000, clock = systemClock } = options;
    this.#source = source;
    const patience = new ReadPatience(clock, patienceMs);
    const common = { api, clock, patience, stale: reportStale };
    this.#secrets = new NamedReads({
      ...common,
      isOne: isSecret,
      project: (object) => (object as { readonly data?: SecretData }).data ?? {},
      forgetsGone: true,
    });
    // A Pod comes back under its name; meanwhile the others of its set need the Secret that it named.
    this.#pods = new NamedReads({ ...common, isOne: isPod, project: factsOf, forgetsGone: false });
  }

  /**
   * The credentials behind `secret:NAMESPACE/NAME/KEY`, or behind `pod:NAMESPACE/NAME`: what the Redis of that Pod takes its password
   * from, the first place that leads somewhere. The user is the one that the Pod names beside it, or the value of the key that says
   * "username" where the key says "password".
   *
   * @returns undefined when there is no such Secret or Pod, or when the Pod names none.
   * @throws SecretError when the Secret is there without the key; ApiError when the API server says no, or cannot be asked and
   * could not before.
   */
  async resolve(reference: string, options: PasswordOptions = {}): Promise<SecretCredentials | undefined> {
    if (podReference.test(reference)) {
      const first = await this.passwords(reference, options).next();
      return first.done === true ? undefined : first.value.credentials;
    }
    const [, namespace, name, key] = secretReference.exec(reference) ?? [];
    // What is no reference may be the secret itself, so it is not repeated.
    if (namespace === undefined || name === undefined || key === undefined)
      throw new SecretError(
        "FLEET_DISCOVERY_SECRET_REFERENCE",
        "a reference has the form secret:NAMESPACE/NAME/KEY or pod:NAMESPACE/NAME",
      );
    const data = await this.#secrets.read(pathOf(namespace, "secrets", name), options.signal);
    if (data === undefined) return undefined;
    const values = valuesOf(data);
    const isList = isTextName(key) && values.has(key);
    const found = isList ? passwordInText(values.get(key)!, options.username) : withUser(values, key);
    if (found === undefined) throw keyMissing(`${namespace}/${name}`, key, Object.keys(data));
    return found;
  }

  /**
   * What the Redis of the Pod `pod:NAMESPACE/NAME` may take its password from, the likeliest first: where the server refuses one, the
   * next may be its own. Each is read when it is asked for; nothing where the Pod names none.
   *
   * @throws as `resolve`.
   */
  async *passwords(
    reference: string,
    { username, port, signal }: PasswordOptions = {},
  ): AsyncGenerator<PodPassword, undefined> {
    const [, namespace, pod] = podReference.exec(reference) ?? [];
    if (namespace === undefined || pod === undefined)
      throw new SecretError("FLEET_DISCOVERY_SECRET_REFERENCE", "a Pod is referred to as pod:NAMESPACE/NAME");
    const facts = await this.#pod(namespace, pod, signal);
    const read = (name: string): Promise<SecretValues | undefined> => this.#values(namespace, name, signal);
    if (facts !== undefined) yield* passwordsAt(facts.at(port).passwords, { namespace, username, read });
    return undefined;
  }

  /** Whether there is such a Pod: where `resolve` finds nothing, one that is there names no password. */
  async hasPod(reference: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    const [, namespace, pod] = podReference.exec(reference) ?? [];
    if (namespace === undefined || pod === undefined) return false;
    return (await this.#pods.read(pathOf(namespace, "pods", pod), signal)) !== undefined;
  }

  /**
   * The certificates in the Secret `NAMESPACE/NAME`: `ca.crt`, or `tls.crt` where that signed itself, and `tls.crt` with `tls.key` for
   * a client certificate. Or what the Pod
   * `pod:NAMESPACE/NAME` says: undefined where its Redis speaks no TLS, or where there is no such Pod, or it may not be read; an
   * empty object where it speaks TLS and no Secret of its own holds certificates.
   *
   * @param options.port the port that is dialed: a Pod may have one with TLS and one without.
   * @throws SecretError when there is no such Secret or nothing of that in it; ApiError as above.
   */
  async tls(reference: `pod:${string}`, options?: TlsOptions): Promise<SecretTls | undefined>;
  async tls(reference: string, options?: TlsOptions): Promise<SecretTls>;
  async tls(reference: string, { port, signal }: TlsOptions = {}): Promise<SecretTls | undefined> {
    const [, inNamespace, pod] = podReference.exec(reference) ?? [];
    if (inNamespace !== undefined && pod !== undefined) return this.#tlsOfPod(inNamespace, pod, port, signal);
    const [, namespace, name] = tlsReference.exec(reference) ?? [];
    if (namespace === undefined || name === undefined)
      throw new SecretError(
        "FLEET_DISCOVERY_SECRET_REFERENCE",
        "certificates are referred to as NAMESPACE/NAME, of a Secret, or pod:NAMESPACE/NAME",
      );
    const data = await this.#secrets.read(pathOf(namespace, "secrets", name), signal);
    if (data === undefined)
      throw new SecretError("FLEET_DISCOVERY_SECRET_MISSING", `there is no Secret ${reference}`);
    const values = valuesOf(data);
    const [cert, key] = [values.get("tls.crt"), values.get("tls.key")];
    const ca = values.get("ca.crt") ?? selfSigned(cert);
    if ((ca === undefined && cert === undefined) || (cert === undefined) !== (key === undefined))
      throw keyMissing(reference, "ca.crt, or tls.crt with tls.key", Object.keys(data));
    return {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
  }

  async #tlsOfPod(
    namespace: string,
    pod: string,
    port: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SecretTls | undefined> {
    let facts: PodFacts | undefined;
    try {
      facts = await this.#pod(namespace, pod, signal);
    } catch (error) {
      if (!isForbidden(error)) throw error;
    }
    const tls = facts?.at(port).tls;
    if (tls === undefined) return undefined;
    const read = (name: string): Promise<SecretValues | undefined> => this.#values(namespace, name, signal);
    const { speaks, secret, isHinted } = tls;
    const isMeant = speaks === undefined && isHinted && secret !== undefined && hasPair(await read(secret));
    if (!isMeant && !speaksTls(tls, port)) return undefined;
    return (await certificatesIn(tls, read)) ?? {};
  }

  /** Reports to the source whether Pods may be read: without them TLS, and passwords that only they name, are not known. */
  async #pod(namespace: string, pod: string, signal: AbortSignal | undefined): Promise<PodFacts | undefined> {
    const cause = `pods of ${namespace}`;
    try {
      const facts = await this.#pods.read(pathOf(namespace, "pods", pod), signal);
      this.#source?.report(cause, []);
      return facts;
    } catch (error) {
      if (isForbidden(error))
        this.#source?.report(cause, [
          condition(
            "PodUnreadable",
            `Namespace ${namespace}`,
            "its Pods may not be read (get pods), so TLS and passwords that only they name are not known",
          ),
        ]);
      throw error;
    }
  }

  async #values(
    namespace: string,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<SecretValues | undefined> {
    const data = await this.#secrets.read(pathOf(namespace, "secrets", name), signal);
    return data && valuesOf(data);
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

function valuesOf(data: SecretData): SecretValues {
  return new Map(
    Object.keys(data).flatMap((key) => {
      const value = valueOf(data, key);
      return value === undefined ? [] : [[key, value] as const];
    }),
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
