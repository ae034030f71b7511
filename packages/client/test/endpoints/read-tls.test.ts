import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";

import type { TlsReference } from "@fleet/discovery";
import { expect, test } from "vitest";

import { readTls } from "../../src/endpoints/read-tls.ts";

const unasked = (): Promise<never> => expect.fail("no Secret was named");

test("names the host that was announced, unless told another name", async () => {
  expect(await readTls({}, "redis.example.org", unasked)).toEqual({ servername: "redis.example.org" });
  for (const host of ["redis.example.org", "10.0.0.7"])
    expect(await readTls({ servername: "orders" }, host, unasked)).toEqual({ servername: "orders" });
});

test("checks an address against the addresses of the certificate, wherever it is dialled, and names none", async () => {
  const certificate = { subjectaltname: "DNS:localhost, IP Address:10.0.0.7" } as PeerCertificate;
  const checked = async (reference: TlsReference, host: string): Promise<unknown> => {
    const { servername, checkServerIdentity } = (await readTls(reference, host, unasked))!;
    expect(servername).toBeUndefined();
    return checkServerIdentity?.("localhost", certificate);
  };
  expect(await checked({}, "10.0.0.7")).toBeUndefined();
  expect(await checked({ servername: "10.0.0.7" }, "redis.example.org")).toBeUndefined();
  expect(await checked({}, "10.0.0.8")).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});

test("takes from the Secret what no file says, certificate and key from one place", async () => {
  const held = { ca: "held ca", cert: "held cert", key: "held key" };
  const asked: string[] = [];
  const secret = (reference: string): Promise<typeof held> => {
    asked.push(reference);
    return Promise.resolve(held);
  };
  const servername = "orders";
  const reference = { secret: "shop/orders-tls", servername };
  expect(await readTls(reference, "10.0.0.7", secret)).toEqual({ ...held, servername });
  const folder = await mkdtemp(join(tmpdir(), "fleet-tls-"));
  try {
    const caFile = join(folder, "ca");
    await writeFile(caFile, "own ca");
    expect(await readTls({ ...reference, caFile }, "10.0.0.7", secret)).toEqual({
      ...held,
      ca: Buffer.from("own ca"),
      servername,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(asked).toEqual(["shop/orders-tls", "shop/orders-tls"]);
});

test("reads the files anew each time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fleet-tls-"));
  try {
    const [caFile, certFile, keyFile] = ["ca", "cert", "key"].map((name) => join(folder, name));
    const reference = { caFile: caFile ?? "", certFile: certFile ?? "", keyFile: keyFile ?? "" };
    for (const turn of ["first", "second"]) {
      for (const file of Object.values(reference)) await writeFile(file, `${turn} ${file}`);
      expect(await readTls(reference, "orders", unasked)).toEqual({
        servername: "orders",
        ca: Buffer.from(`${turn} ${reference.caFile}`),
        cert: Buffer.from(`${turn} ${reference.certFile}`),
        key: Buffer.from(`${turn} ${reference.keyFile}`),
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
