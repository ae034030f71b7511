import { hash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { runTokenAction } from "../../src/access/token-commands.ts";
import { loadConfig } from "../../src/config.ts";
import type { LoadedConfig } from "../../src/config.ts";

const written = `# The fleet of the shop.
instances:
  - { name: orders, endpoints: [{ host: 127.0.0.1, port: 6379 }] } # one for now
tokens:
  - { name: web, digest: ${"a".repeat(64)}, rights: full, targets: [orders], project: shop } # the site
  - { name: operator, digest: ${"b".repeat(64)}, rights: admin }
`;
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-tokens-"));
  file = join(folder, "fleet.yaml");
});
beforeEach(async () => writeFile(file, written, { mode: 0o640 }));
afterAll(async () => rm(folder, { recursive: true }));

const load = async (path: string | undefined): Promise<LoadedConfig> =>
  loadConfig({ file: path, environment: {} });
const run = async (action: Parameters<typeof runTokenAction>[0]): Promise<string> =>
  runTokenAction(action, load, undefined);
const wanted = { name: "report", rights: "read-only", targets: ["orders"], dedicated: true } as const;

describe("token create", () => {
  test("adds an entry to the file, whose comments and other lines stay", async () => {
    const printed = await run({ run: "token-create", json: false, entry: wanted, file });
    const token = /^token: {2}(fleet_\S+)\nadded to /.exec(printed)?.[1];
    expect((await load(file)).config.tokens.at(-1)).toEqual({ ...wanted, digest: hash("sha256", token!) });
    const text = await readFile(file, "utf8");
    expect(text).not.toContain(token);
    // Blanks within a line may be set anew.
    const lines = (of: string): string[] => of.replaceAll(" ", "").split("\n").slice(0, 3);
    expect(lines(text)).toEqual(lines(written));
    expect(text).toContain("# the site");
    expect(await readdir(folder)).toEqual(["fleet.yaml"]);
  });

  test("changes nothing where the whole would be refused", async () => {
    const entry = { ...wanted, targets: ["nowhere"] };
    await expect(run({ run: "token-create", json: false, entry, file })).rejects.toMatchObject({
      faults: [expect.stringContaining('"nowhere" is no instance or group')],
    });
    expect(await readFile(file, "utf8")).toBe(written);
    expect(await readdir(folder)).toEqual(["fleet.yaml"]);
  });

  test("prints the entry where no file is named, and wants a name for it", async () => {
    const printed = await run({ run: "token-create", json: false, entry: wanted, file: undefined });
    expect(printed).toMatch(/^token: {2}fleet_\S+\nentry: {2}\{"name":"report","digest":"[0-9a-f]{64}"/);
    await expect(
      run({ run: "token-create", json: false, entry: { project: "shop" }, file: undefined }),
    ).rejects.toThrow("--name is missing");
  });
});

describe("token revoke", () => {
  test("takes the entry out", async () => {
    await run({ run: "token-revoke", name: "operator", file });
    expect((await load(file)).config.tokens.map(({ name }) => name)).toEqual(["web"]);
    expect(await readFile(file, "utf8")).toContain("# the site");
  });

  test("of a name that there is not, in a link, or of the last token, changes nothing", async () => {
    await expect(run({ run: "token-revoke", name: "nobody", file })).rejects.toThrow(
      'no token has the name "nobody"',
    );
    const link = join(folder, "linked.yaml");
    await symlink(file, link);
    await expect(run({ run: "token-revoke", name: "web", file: link })).rejects.toThrow("is a link");
    await rm(link);
    await run({ run: "token-revoke", name: "operator", file });
    await expect(run({ run: "token-revoke", name: "web", file })).rejects.toThrow("tokens: there are none");
    expect((await load(file)).config.tokens).toHaveLength(1);
  });
});

test("token list shows no digest", async () => {
  const text = await run({ run: "token-list", json: false, file });
  expect(text).toBe(
    [
      "NAME      RIGHTS  TARGETS  PROJECT  ALLOWS",
      "web       full    orders   shop     -",
      "operator  admin   -        -        -",
      "",
    ].join("\n"),
  );
  expect(JSON.parse(await run({ run: "token-list", json: true, file }))).toEqual([
    { name: "web", rights: "full", targets: ["orders"], project: "shop" },
    expect.not.objectContaining({ digest: expect.anything() }),
  ]);
});
