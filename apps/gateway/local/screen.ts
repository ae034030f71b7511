import type { FoundRedis } from "@fleet/testkit";
import type { KubernetesServer } from "@fleet/testkit/kubernetes";

import { calls, sdkLines } from "./calls.ts";
import type { Access } from "./calls.ts";

/** Everything that a newcomer needs, on one screen. */
export function screen(
  access: Access,
  admin: { readonly url: string; readonly token: string },
  redis: FoundRedis,
  cluster: KubernetesServer | undefined,
): string {
  const found =
    cluster === undefined
      ? ""
      : `All are found through a Kubernetes API server ${cluster.version}; see them, or change them, with
  kubectl --kubeconfig ${cluster.kubeconfig} get services,endpointslices,pods
`;
  return `
Fleet is up: orders (a primary, two replicas), sessions (one server), the group cache (two servers)
Each is a real ${redis.flavour} ${redis.version} (${redis.how}); the root of the URL means sessions.
${found}
  URL     ${access.url}
  token   ${access.token}

Try it:

${calls(access)
  .map(({ curl }) => `  ${curl}`)
  .join("\n")}

Or with the SDK that you may already have (npm install @upstash/redis):

${sdkLines(access)
  .map((line) => `  ${line}`)
  .join("\n")}

Metrics    ${admin.url}/metrics    readiness ${admin.url}/readyz
Discovery  curl ${admin.url}/discovery -H "Authorization: Bearer ${admin.token}"
Instances  curl ${admin.url}/v1/instances -H "Authorization: Bearer ${admin.token}"

Ctrl-C ends it all and leaves nothing.
`;
}
