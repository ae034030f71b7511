/** What a kubeconfig says; one cluster, one user, one context. */
export interface KubeconfigOptions {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token?: string;
  /** A file that holds the token, in place of `token`. */
  readonly tokenFile?: string;
  /** Of the context. @default none */
  readonly namespace?: string;
}

/** The text of a kubeconfig. JSON is YAML. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { url, ca, token, tokenFile, namespace } = options;
  const name = "testkit";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name,
        cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") },
      },
    ],
    users: [
      {
        name,
        user: { ...(token !== undefined && { token }), ...(tokenFile !== undefined && { tokenFile }) },
      },
    ],
    contexts: [
      { name, context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) } },
    ],
    "current-context": name,
  });
}
