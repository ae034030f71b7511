import type { ApiRequestName } from "@fleet/discovery/kubernetes";

import type { Candidate } from "./candidate.ts";
import type { OpenSources } from "./open-sources.ts";

/** What an API server would refuse us; `error` where it could not be asked. */
export interface MissingRights {
  readonly missing: readonly ApiRequestName[];
  readonly error?: string;
}

interface Examined {
  readonly passwords: readonly Candidate[];
}

/**
 * The rights that are missing, undefined where there is no API server. One that is given by name (`resourceNames`) the server
 * calls missing when it is asked about all; where such an object was read it is not.
 */
export async function missingOf(
  { kubernetes }: Pick<OpenSources, "kubernetes">,
  instances: readonly Examined[],
): Promise<MissingRights | undefined> {
  if (kubernetes === undefined) return undefined;
  try {
    const missing = await kubernetes.missingRights();
    const granted = new Set(
      instances
        .flatMap(({ passwords }) => passwords)
        .filter(({ outcome }) => outcome !== "forbidden" && outcome !== "failed")
        .map(({ reference }) => {
          const [kind, place = ""] = reference.split(":");
          return `${kind}s ${place.split("/")[0]}`;
        }),
    );
    return {
      missing: missing.filter(
        ({ verb, resource, namespace }) => verb !== "get" || !granted.has(`${resource} ${namespace}`),
      ),
    };
  } catch (error) {
    return { missing: [], error: (error as Error).message };
  }
}
