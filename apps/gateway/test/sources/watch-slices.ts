import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** An address that the API server has named for a Service, and when that was seen first (performance.now). */
export interface NamedAddress {
  readonly address: string;
  readonly at: number;
}

/** What the API server says of EndpointSlices as kubectl sees it: a second witness. */
export interface SliceWitness extends AsyncDisposable {
  /** @param uid of the Service. */
  of(uid: string): readonly NamedAddress[];
}

export async function watchSlices(kubeconfig: string, namespace: string): Promise<SliceWitness> {
  const line = '{.object.metadata.ownerReferences[0].uid} {.object.endpoints[*].addresses[*]}{"\\n"}';
  const args = ["get", "endpointslices", "--watch", "--output-watch-events", "-o", `jsonpath=${line}`];
  const kubectl = spawn(
    join(process.env["KUBEBUILDER_ASSETS"]!, "kubectl"),
    ["--kubeconfig", kubeconfig, "--namespace", namespace, ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const named = new Map<string, NamedAddress[]>();
  const lines = createInterface(kubectl.stdout).on("line", (said) => {
    const [uid = "", ...addresses] = said.trim().split(" ");
    const known = named.get(uid) ?? [];
    named.set(uid, known);
    for (const address of addresses)
      if (!known.some((one) => one.address === address)) known.push({ address, at: performance.now() });
  });
  // There are slices already: from the first line on it watches.
  await once(lines, "line");
  return {
    of: (uid) => named.get(uid) ?? [],
    [Symbol.asyncDispose]: async () => {
      kubectl.kill();
      await once(kubectl, "close");
    },
  };
}
