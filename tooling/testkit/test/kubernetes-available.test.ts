import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { kubernetesAvailable, startKubernetes } from "../src/kubernetes/index.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleet-assets-"));
  vi.stubEnv("KUBEBUILDER_ASSETS", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("without the variable there is no API server, and the reason says what it is", async () => {
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
  expect(kubernetesAvailable()).toMatch(/^KUBEBUILDER_ASSETS is not set: .*setup-envtest/);
  await expect(startKubernetes()).rejects.toThrow("KUBEBUILDER_ASSETS is not set");
});

test("envtest brings no controllers, which is a reason for what needs them alone", () => {
  expect(kubernetesAvailable()).toBeUndefined();
  expect(kubernetesAvailable({ controllers: true })).toBe(
    "kube-controller-manager is not in the folder that KUBEBUILDER_ASSETS names",
  );
  writeFileSync(join(folder, "kube-controller-manager"), "");
  expect(kubernetesAvailable({ controllers: true })).toBeUndefined();
});

test("a folder that is named and has no programs is a mistake, not a reason to skip", async () => {
  await expect(startKubernetes()).rejects.toThrow(`KUBEBUILDER_ASSETS: ${folder}/etcd is no program`);
  // One that cannot be run is none either.
  writeFileSync(join(folder, "etcd"), "");
  chmodSync(join(folder, "etcd"), 0o644);
  await expect(startKubernetes()).rejects.toThrow("is no program");
});
