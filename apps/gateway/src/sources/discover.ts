import { setTimeout as pause } from "node:timers/promises";

import { createFleet } from "@fleet/client";
import { Discovery, StaticSource } from "@fleet/discovery";
import type { DiscoveryStats, Instance } from "@fleet/discovery";
import type { UnrecognisedService } from "@fleet/discovery/kubernetes";

import type { Config } from "../config/config-schema.ts";
import { tried } from "./candidate.ts";
import type { Candidate } from "./candidate.ts";
import { credentialsFrom, findSecret } from "./credentials.ts";
import { openSources } from "./open-sources.ts";
import type { OpenKubernetes, OpenSources } from "./open-sources.ts";
import { missingOf } from "./rights-of.ts";
import type { MissingRights } from "./rights-of.ts";
import { SourceTap } from "./source-tap.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundInstance extends Instance {
  /** Of its endpoints, by uid; none where they were not dialed. */
  readonly dials?: Readonly<Record<string, Dial>>;
  readonly source: string;
  /** Every place where its password may be, in the order in which they are tried. */
  readonly passwords: readonly Candidate[];
  /** Every place where its certificates may be, in that order. */
  readonly certificates: readonly Candidate[];
}

/** Whether an endpoint answered, or why not: a reason of `@fleet/pool`, else a code. */
export interface Dial {
  readonly outcome: string;
  readonly detail?: string;
}

/** What the gateway would find with a configuration, and what keeps it from finding more. */
export interface Discovered {
  /** Every source delivered, and no right is missing. */
  readonly ok: boolean;
  /** Strongest first; with the message of the last failure. */
  readonly sources: readonly (DiscoveryStats["sources"][number] & { readonly error?: string })[];
  readonly instances: readonly FoundInstance[];
  /** Services that look like Redis and that no profile recognises. Undefined where Kubernetes is not configured. */
  readonly unrecognised?: readonly UnrecognisedService[];
  /** Why those are not among them that only the image of their Pods gives away. */
  readonly imagesError?: string;
  /** Undefined where Kubernetes is not configured. */
  readonly rights?: MissingRights;
}

/** How many instances' credentials are looked for at a time. */
const searchers = 16;

/**
 * Looks once, as the gateway would, tries every place where credentials may be, and dials every endpoint.
 *
 * @param patienceMs how long a source may take or fail before that is what is reported of it; a dial takes 2000 ms at the most.
 * @param dials whether endpoints are dialed.
 */
export async function discover(
  config: Config,
  environment: Environment,
  patienceMs = 5000,
  dials = true,
): Promise<Discovered> {
  await using open = await openSources(config, environment);
  const taps = open.sources.map((source) => new SourceTap(source));
  // With a source that always delivers, those that do not are shown as they are, instead of ending the look.
  await using discovery = new Discovery({
    sources: [...taps, new StaticSource([], { name: "nothing" })],
  });
  await discovery.start();
  const enough = new AbortController();
  await Promise.race([
    Promise.all(taps.map(({ delivered }) => delivered)),
    pause(patienceMs, undefined, { signal: enough.signal }),
  ]);
  enough.abort();

  const sources = taps.map(({ error }, index) => ({
    ...discovery.stats.sources[index]!,
    ...(error !== undefined && { error }),
  }));
  const found = [...discovery.instances.values()];
  const instances: FoundInstance[] = [];
  const queue = found.entries();
  const search = async (): Promise<void> => {
    for (const [index, instance] of queue)
      instances[index] = await examined(instance, taps, environment, open);
  };
  await Promise.all(Array.from({ length: searchers }, search));
  const dialed = dials ? await dial(found, environment, open, Math.min(patienceMs, 2000)) : new Map();
  const rights = await missingOf(open, instances);
  const whole = rights === undefined || (rights.missing.length === 0 && rights.error === undefined);
  return {
    ok: whole && sources.every(({ error }) => error === undefined),
    sources,
    instances: instances.map((instance) => ({ ...instance, ...dialed.get(instance.name) })),
    ...(open.kubernetes !== undefined && (await strangersOf(open.kubernetes.source, sources, patienceMs))),
    ...(rights !== undefined && { rights }),
  };
}

/** A source that failed has said why, and the server is not asked once more. */
async function strangersOf(
  source: OpenKubernetes["source"],
  sources: Discovered["sources"],
  patienceMs: number,
): Promise<Pick<Discovered, "unrecognised" | "imagesError">> {
  const { unrecognised } = source;
  if (sources.some(({ name, error }) => name === source.name && error !== undefined)) return { unrecognised };
  try {
    return { unrecognised: await source.findUnrecognised({ signal: AbortSignal.timeout(patienceMs) }) };
  } catch (error) {
    return { unrecognised, imagesError: (error as Error).message };
  }
}

/** The endpoints of these instances, each dialed once as the gateway would. */
async function dial(
  instances: readonly Instance[],
  environment: Environment,
  { kubernetes, addressMap }: OpenSources,
  dialTimeoutMs: number,
): Promise<ReadonlyMap<string, Pick<FoundInstance, "dials">>> {
  const secrets = kubernetes?.secrets;
  await using fleet = await createFleet({
    sources: [{ name: "found", start: async (sink) => sink.replace(instances), close: async () => {} }],
    credentials: credentialsFrom(environment, secrets),
    ...(secrets !== undefined && {
      certificates: (reference, _, { port }) => secrets.tls(reference, { port }),
    }),
    ...(addressMap !== undefined && { addressMap }),
    graceMs: 0,
    pool: { dialTimeoutMs },
  });
  const all = new Map<string, { dials: Record<string, Dial> }>();
  for (const { instance, uid, error } of await fleet.dial()) {
    const { dials } = all.get(instance) ?? { dials: {} };
    dials[uid] = outcomeOf(error, remedies(instances.find(({ name }) => name === instance)));
    all.set(instance, { dials });
  }
  return all;
}

function outcomeOf(error: unknown, hints: Readonly<Record<string, string>>): Dial {
  if (error === undefined) return { outcome: "connected" };
  const { reason, code, message } = error as Partial<Record<"reason" | "code" | "message", string>>;
  const detail = [message, hints[reason ?? ""]].filter((text) => text !== undefined).join("; ");
  return { outcome: reason ?? code ?? "failed", ...(detail !== "" && { detail }) };
}

/** What helps an instance of Kubernetes where what was found of it does not. */
function remedies(instance: Instance | undefined): Readonly<Record<string, string>> {
  if (instance?.namespace === undefined) return {};
  const password =
    "the annotation fleet.dev/password-secret: SECRET/KEY of its Service says where its password is";
  const certificates =
    "the annotation fleet.dev/tls-secret: SECRET of its Service says where its certificates are";
  return {
    "password-missing": password,
    "wrong-password": password,
    "tls-expected":
      'the annotation fleet.dev/tls: "true" of its Service, or fleet.dev/tls-secret: SECRET, says that it speaks TLS',
    "tls-not-expected": 'the annotation fleet.dev/tls: "false" of its Service says that it speaks none',
    "tls-client-certificate": certificates,
    "tls-certificate-untrusted": certificates,
  };
}

async function examined(
  instance: Instance,
  taps: readonly SourceTap[],
  environment: Environment,
  { kubernetes }: OpenSources,
): Promise<FoundInstance> {
  const secrets = kubernetes?.secrets;
  const { credentials, tls, endpoints } = instance;
  /** Where a Pod leads to nothing: whether there is one at all. */
  const ofPod =
    (reference: string, outcome: Candidate["outcome"]) => async (): Promise<Candidate["outcome"]> =>
      reference.startsWith("pod:") && (await secrets?.hasPod(reference)) === true ? outcome : "missing";
  const port = endpoints[0]?.port;
  const passwords: Candidate[] = [];
  for (const reference of [credentials?.password ?? []].flat())
    passwords.push(
      await tried(
        reference,
        () => findSecret(reference, environment, secrets, { username: credentials?.username, port }),
        ofPod(reference, "names no password"),
      ),
    );
  const certificates: Candidate[] = [];
  const where = port === undefined ? {} : { port };
  for (const reference of secrets === undefined ? [] : [tls?.secret ?? []].flat())
    certificates.push(
      await tried(reference, () => secrets!.tls(reference, where), ofPod(reference, "speaks no TLS")),
    );
  return { ...instance, source: taps.find((tap) => tap.has(instance))!.name, passwords, certificates };
}
