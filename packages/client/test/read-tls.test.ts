import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readTls } from "../src/read-tls.ts";

test("names the host it dials, unless told another name or dialling an address", async () => {
  expect(await readTls({}, "redis.example.org")).toEqual({ servername: "redis.example.org" });
  expect(await readTls({ servername: "orders" }, "redis.example.org")).toEqual({ servername: "orders" });
  expect(await readTls({ servername: "orders" }, "10.0.0.7")).toEqual({ servername: "orders" });
  expect(await readTls({}, "10.0.0.7")).toEqual({});
  expect(await readTls({}, "fd00::7")).toEqual({});
});

test("reads the files anew each time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fleet-tls-"));
  try {
    const [caFile, certFile, keyFile] = ["ca", "cert", "key"].map((name) => join(folder, name));
    const reference = { caFile: caFile ?? "", certFile: certFile ?? "", keyFile: keyFile ?? "" };
    for (const turn of ["first", "second"]) {
      for (const file of Object.values(reference)) await writeFile(file, `${turn} ${file}`);
      expect(await readTls(reference, "10.0.0.7")).toEqual({
        ca: Buffer.from(`${turn} ${reference.caFile}`),
        cert: Buffer.from(`${turn} ${reference.certFile}`),
        key: Buffer.from(`${turn} ${reference.keyFile}`),
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
