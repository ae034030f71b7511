import { KubernetesSecrets } from "../../../src/kubernetes/index.ts";

/** Values by key, of Secrets by name. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What an API server with one Pod, `shop/orders-0`, and these Secrets answers. A Secret that is not there is 404, `null` is 403. */
export function secretsWith(
  spec: object | undefined,
  secrets: Readonly<Record<string, Secrets[string] | null>>,
): { readonly secrets: KubernetesSecrets; readonly asked: string[] } {
  const asked: string[] = [];
  const refused = (status: 403 | 404): Error => {
    const reason = status === 404 ? "NotFound" : "Forbidden";
    return Object.assign(new Error(`status ${status}`), { status, reason });
  };
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path);
    const [, , , , , plural, name = ""] = path.split("/");
    if (plural === "pods" && spec !== undefined) return { spec } as T;
    const values = plural === "secrets" ? secrets[name] : undefined;
    if (values === undefined) throw refused(404);
    if (values === null) throw refused(403);
    const data = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    );
    return { data } as T;
  };
  return { secrets: new KubernetesSecrets({ api: { get } }), asked };
}

/** A variable from a key of a Secret. */
export const from = (name: string, secret: string, key: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});

export const mount = (name: string, mountPath: string): object => ({ name, mountPath });

/** A volume of a Secret; with `items`, key by path. */
export const volume = (
  name: string,
  secretName: string,
  items?: Readonly<Record<string, string>>,
): object => ({
  name,
  secret: {
    secretName,
    ...(items && { items: Object.entries(items).map(([path, key]) => ({ key, path })) }),
  },
});
