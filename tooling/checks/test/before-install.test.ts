import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { root, text } from "../src/checkout.ts";

const script = "tooling/checks/src/before-install.mjs";

/** Runs it in a process that was changed first. */
function run(change: string): { readonly status: number | null; readonly stderr: string } {
  const args = ["--import", `data:text/javascript,${encodeURIComponent(change)}`, script];
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
}

test("a machine on which the tests run is fit", () => {
  expect(run("")).toMatchObject({ status: 0, stderr: "" });
});

test.skipIf(process.platform !== "linux").for([
  [
    "musl",
    "const { header } = process.report.getReport(); delete header.glibcVersionRuntime; process.report.getReport = () => ({ header });",
    "This Linux has musl, as Alpine does.",
  ],
  [
    "no loader of glibc",
    'import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; fs.existsSync = () => false; syncBuiltinESMExports();',
    /\/ld-linux-[\w-]+\.so\.\d is not there\./,
  ],
] as const)("%s: it ends with 1, and says what is missing and what helps", ([, change, said]) => {
  const { status, stderr } = run(change);
  expect(status).toBe(1);
  expect(stderr).toMatch(said);
  expect(stderr).toMatch(/^Nothing was downloaded\. In a container take node:24 .*nix-ld/m);
});

test("pnpm runs it before it installs, and the README's commands before they start", () => {
  const { scripts } = JSON.parse(text("package.json")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts["pnpm:devPreinstall"]).toBe(`node ${script}`);
  for (const name of ["start", "test", "worker:demo"])
    expect(scripts[name]).toMatch(new RegExp(`^node ${script} && node `));
});
