import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

const variable = "KUBEBUILDER_ASSETS";
const program = { controllers: "kube-controller-manager", server: "kube-apiserver", store: "etcd" } as const;

/**
 * Undefined when there is a Kubernetes API server to start, else the reason why not, as a reason to skip. The programs are
 * those of the folder that `KUBEBUILDER_ASSETS` names (the convention of envtest); envtest itself brings no controllers.
 */
export function kubernetesAvailable(options: { readonly controllers?: boolean } = {}): string | undefined {
  const folder = process.env[variable];
  if (folder === undefined || folder === "")
    return `${variable} is not set: it names the folder of kube-apiserver and etcd, as setup-envtest prints it`;
  if (options.controllers === true && !existsSync(join(folder, program.controllers)))
    return `${program.controllers} is not in the folder that ${variable} names`;
  return undefined;
}

/** The path of one of the programs. Throws where it is not there: a folder that is named and wrong is no reason to skip. */
export function kubernetesProgram(which: keyof typeof program): string {
  const missing = kubernetesAvailable();
  if (missing !== undefined) throw new Error(missing);
  const path = join(process.env[variable]!, program[which]);
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${variable}: ${path} is no program`, { cause });
  }
  return path;
}
