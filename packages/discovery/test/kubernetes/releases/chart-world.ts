import type { TlsReference } from "../../../src/index.ts";
import { ClusterModel, reconciled } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";

type Labels = Readonly<Record<string, string>>;

interface Made {
  readonly createdAt?: string;
  readonly annotations?: Labels;
  readonly uid?: string;
  /** Fields of the spec that are not made of the other arguments. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Labels of `app.kubernetes.io` as charts have them; a component that is empty is not there. */
export function helm(
  release: string,
  chart: string,
  component = "",
  name = chart.replace(/-v?\d.*$/, ""),
): Labels {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": release,
    "app.kubernetes.io/managed-by": "Helm",
    ...(chart !== "" && { "helm.sh/chart": chart }),
    ...(component !== "" && { "app.kubernetes.io/component": component }),
  };
}

/**
 * A Service.
 *
 * @param ports `name:port` or `name:port>target`, with spaces between; a name may be empty.
 * @param select the group of Pods behind it; none: no Pod yet.
 */
export function service(name: string, labels: Labels, ports: string, select: string, made: Made = {}): Raw {
  const { createdAt = "2026-01-01T00:00:00Z", annotations = {}, uid, spec = {} } = made;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace: "shop",
      labels,
      annotations,
      creationTimestamp: createdAt,
      ...(uid !== undefined && { uid }),
    },
    spec: { selector: { [select]: "yes" }, ports: ports.split(" ").map(portOf), ...spec },
  };
}

function portOf(text: string): object {
  const [, name, port, target = port, appProtocol] = /^(.*):(\d+)(?:>([^!]+))?(?:!(.+))?$/.exec(text)!;
  return {
    ...(name !== "" && { name }),
    port: Number(port),
    targetPort: /^\d+$/.test(target!) ? Number(target) : target,
    ...(appProtocol !== undefined && { appProtocol }),
  };
}

/**
 * A Pod that is ready.
 *
 * @param groups those of Services that select it.
 * @param ports `name:port` of its containers.
 */
export function pod(name: string, ip: number, groups: string, ports = "redis:6379"): Raw {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      labels: Object.fromEntries(groups.split(" ").map((group) => [group, "yes"])),
    },
    spec: {
      containers: [
        {
          ports: ports.split(" ").map((port) => {
            const [name, number] = port.split(":");
            return { name, containerPort: Number(number) };
          }),
        },
      ],
    },
    status: { podIP: `10.0.0.${ip}`, conditions: [{ type: "Ready", status: "True" }] },
  };
}

/** Each Pod is asked about TLS when it is dialed; here counts what its Services say. */
function isCertain(tls: TlsReference | undefined): boolean {
  return tls !== undefined && tls.optional !== true;
}

/** What a chart makes, and what is to be found in it. */
export interface Rendering {
  readonly objects: readonly Raw[];
  /** `name profile: address:port role, ...`; with `tls` after the profile where it is spoken. */
  readonly found: readonly string[];
  /** `Reason object` */
  readonly conditions?: readonly string[];
}

export function worldOf(objects: readonly Raw[]): ClusterModel {
  const model = new ClusterModel();
  model.put(...reconciled(objects));
  return model;
}

export function foundIn(model: ClusterModel): readonly string[] {
  return model.instances.map(({ name, profile, cluster, tls, endpoints }) => {
    const facts = [name, profile, cluster && "cluster", isCertain(tls) && "tls"].filter(Boolean).join(" ");
    const places = endpoints.map(({ host, port, role }) => `${host.split(".").at(-1)}:${port} ${role}`);
    return `${facts}: ${places.join(", ")}`;
  });
}
