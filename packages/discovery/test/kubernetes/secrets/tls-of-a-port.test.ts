import { certificates } from "@fleet/testkit";
import { expect, test } from "vitest";

import { mount, secretsWith, volume } from "./pod-facts.ts";
import type { Secrets } from "./pod-facts.ts";

const reference = "pod:shop/orders-0" as const;
const pair = { "ca.crt": "CA", "tls.crt": "C", "tls.key": "K" };
const tcp = { readinessProbe: { tcpSocket: { port: 6379 } } };
const at = (path: string, name = "tls"): object => ({ volumeMounts: [mount(name, path)] });
const env = (name: string, value: string): object => ({ env: [{ name, value }] });

/** What runs Redis, the volumes of the Pod, and its Secrets where they are others than that of a server. */
type Case = readonly [what: string, container: object, volumes?: readonly object[], secrets?: Secrets];

const volumes = [volume("tls", "own")];
const plain: readonly Case[] = [
  ["a Secret that is optional", at("/tls"), [{ name: "tls", secret: { secretName: "own", optional: true } }]],
  ["a Secret that is missing", at("/tls"), volumes, {}],
  ["a Secret without a key", at("/tls"), volumes, { own: { "ca.crt": "CA" } }],
  ["authorities of a company", at("/etc/ssl/certs/corp.crt"), volumes],
  ["certificates of a mesh", at("/etc/certs", "istio-certs"), [volume("istio-certs", "own")]],
  ["certificates of a client", at("/certs", "client-certs"), [volume("client-certs", "own")]],
  ["a plain port in the arguments", { ...at("/tls"), ...tcp, args: ["--port", "6379"] }],
  ["another port with TLS", { ...at("/tls"), ...env("REDIS_ARGS", "--save 60 1 --tls-port 6380") }],
  ["another port with TLS, in the arguments", { ...at("/tls"), args: ["--tls-port", "6380"], ports: [] }],
  ["DISABLE_TLS", { ...at("/tls"), ...env("DISABLE_TLS", "true") }],
  ["--tls=false", { ...at("/tls"), args: ["--tls=false"] }],
  ["TLS of a mail server", env("SMTP_TLS", "true")],
  ["a host that is called so", { args: ["--replicaof", "redis-tls", "6379"] }],
];

test.for(plain)(
  "no TLS on the plain port: %s",
  async ([, container, mounted = volumes, secrets = { own: pair }]) => {
    const spec = { containers: [{ name: "redis", image: "redis:8", ...container }], volumes: mounted };
    expect(await secretsWith(spec, secrets).secrets.tls(reference, { port: 6379 })).toBeUndefined();
  },
);

const spoken: readonly Case[] = [
  ["mounted certificates, and nothing that says otherwise", at("/tls")],
  ["the only port", { ...at("/tls"), args: ["--port", "0", "--tls-port", "6379"] }],
  ["the only port, in REDIS_ARGS", { ...at("/tls"), ...env("REDIS_ARGS", "--port 0 --tls-port 6379") }],
  ["--tls=true", { ...at("/tls"), args: ["--tls=true"] }],
  [
    "a variable for the port",
    { ...at("/tls"), ...env("P", "6379"), args: ["--port", "0", "--tls-port", "$(P)"] },
  ],
];

test.for(spoken)("TLS: %s", async ([, container]) => {
  const spec = { containers: [{ name: "redis", image: "redis:8", ...container }], volumes };
  expect(await secretsWith(spec, { own: pair }).secrets.tls(reference, { port: 6379 })).toEqual({
    ca: "CA",
    cert: "C",
    key: "K",
  });
});

test("without an authority a certificate that signed itself is its own", async () => {
  const { ca: own, cert: signed } = await certificates();
  const container = {
    name: "redis",
    image: "redis:8",
    ...at("/tls"),
    args: ["--tls-port", "6379", "--port", "0"],
  };
  const found = (cert: string): ReturnType<typeof secretsWith>["secrets"] =>
    secretsWith({ containers: [container], volumes }, { own: { "tls.crt": cert, "tls.key": "K" } }).secrets;
  expect(await found(own).tls(reference)).toEqual({ ca: own, cert: own, key: "K" });
  expect(await found(own).tls("shop/own")).toEqual({ ca: own, cert: own, key: "K" });
  expect(await found(signed).tls(reference)).toEqual({ cert: signed, key: "K" });
  expect(await found(signed).tls("shop/own")).toEqual({ cert: signed, key: "K" });
});
