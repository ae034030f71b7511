import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const start = fileURLToPath(new URL("../../local/start.ts", import.meta.url));

async function run(environment: NodeJS.ProcessEnv): Promise<{ code: unknown; out: string; error: string }> {
  const args = ["--conditions=@fleet/source", start, "--kubernetes", "--try"];
  const child = spawn(process.execPath, args, { env: environment });
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code: code as unknown, out, error };
}

test("the local fleet is found through a real API server, and loses nothing on its tour", async () => {
  const { code, out, error } = await run(process.env);
  expect(error).toBe("");
  expect(out).toMatch(/^All are found through a Kubernetes API server v1\.\d+\.\d+; /m);
  expect(out).toMatch(/none lost, none twice\n\nnothing failed\n$/);
  expect(code).toBe(0);
}, 120_000);

test("without the programs of an API server it says how to get them", async () => {
  const { code, error } = await run({ ...process.env, KUBEBUILDER_ASSETS: "" });
  expect([code, error]).toEqual([1, expect.stringMatching(/KUBEBUILDER_ASSETS is not set: .*setup-envtest/)]);
});
