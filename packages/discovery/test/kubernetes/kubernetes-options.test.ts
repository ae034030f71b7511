import { describe, expect, test } from "vitest";

import { KubernetesSource } from "../../src/kubernetes/index.ts";
import type { KubernetesSourceOptions, Profile } from "../../src/kubernetes/index.ts";
import { profiles } from "../../src/kubernetes/profiles/profiles.ts";

const refused = (options: unknown): string => {
  try {
    void new KubernetesSource(options as KubernetesSourceOptions);
  } catch (error) {
    expect(error).toMatchObject({ code: "FLEET_DISCOVERY_INVALID_OPTION" });
    return (error as Error).message;
  }
  return "accepted";
};

describe("an option that cannot be is refused, with its value", () => {
  test.for<[unknown, string]>([
    [{ name: "" }, 'name must be a non-empty string, got ""'],
    [{ namespaces: [] }, "namespaces must be at least one namespace, got none"],
    [
      { namespaces: ["shop", "Shop"] },
      'namespaces must be names of namespaces, which are DNS labels, got "Shop"',
    ],
    [{ names: "service" }, 'names must be "instance" or "namespace-instance", got "service"'],
    [{ clusterDomain: "cluster..local" }, 'clusterDomain must be a domain, got "cluster..local"'],
    [{ resyncMs: 0 }, "resyncMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ profiles: [] }, "profiles must be at least one profile, got none"],
    [
      { profiles: ["bitnami"] },
      `profiles[0] must be one of ${profiles.map(({ name }) => name).join(", ")}, or a profile of your own, got "bitnami"`,
    ],
    [
      { profiles: ["app-redis", { name: "app-redis", instance: "{label:a}" }] },
      'profiles must be profiles with a name of their own each, got two named "app-redis"',
    ],
    [
      { defaultCredentials: { password: "env:P", namespaces: ["A"] } },
      'defaultCredentials.namespaces must be names of namespaces, which are DNS labels, got "A"',
    ],
  ])("%j", ([options, message]) => {
    expect(refused(options)).toBe(message);
  });

  test("a password in the place of a reference is not shown", () => {
    const message = refused({ defaultCredentials: { password: "hunter2" } });
    expect(message).toMatch(/^defaultCredentials.password must be a reference/);
    expect(message).not.toContain("hunter2");
  });

  test.for<[string, unknown, string]>([
    ["no name", { instance: "{label:a}" }, "name must be a string"],
    ["a name that is none", { name: "A B", instance: "x" }, "name must be a DNS label"],
    ["no instance", { name: "a" }, "must say where the name of an instance is"],
    [
      "rules that set none",
      { name: "a", relabel: [{ targetLabel: "group" }] },
      "must say where the name of an instance is",
    ],
    ["a field nobody knows", { name: "a", instance: "x", weight: 3 }, "weight is not a known field"],
    [
      "a pattern that is none",
      { name: "a", instance: "x", labels: { app: "(" } },
      "labels.app must be a regular expression",
    ],
    [
      "a kind nobody knows",
      { name: "a", instance: "x", services: [{ kind: "master" }] },
      "services[0].kind must be one of primary",
    ],
    [
      "a rule without a target",
      { name: "a", relabel: [{ regex: "x" }, { action: "labelmap" }] },
      "relabel[0] must have a targetLabel",
    ],
    [
      "a port that is none",
      { name: "a", instance: "x", containerPort: 70_000 },
      "containerPort must be an integer from 1 to 65535",
    ],
    [
      "alternatives of labels with a fault",
      { name: "a", instance: "x", labels: [{ app: "a" }, { app: "(" }] },
      "labels[1].app must be a regular expression",
    ],
    ["no alternative of labels", { name: "a", instance: "x", labels: [] }, "labels must not be empty"],
    [
      "a sign with a fault",
      { name: "a", instance: "x", signs: [{ chart: "(" }] },
      "signs[0].chart must be a regular expression",
    ],
    ["something that is no profile", 7, "must be a record"],
    ["nothing", null, "must be a record"],
  ])("a profile with %s", ([, profile, message]) => {
    expect(refused({ profiles: [profile] })).toContain(message);
  });
});

test("what can be is accepted: nothing, and everything", () => {
  const house: Profile = { name: "house", relabel: [{ targetLabel: "instance", replacement: "x" }] };
  expect(refused({})).toBe("accepted");
  expect(
    refused({
      name: "west",
      namespaces: "*",
      profiles: [house, "app-redis"],
      names: "namespace-instance",
      defaultCredentials: { username: "fleet", password: "file:/run/secrets/p", namespaces: ["shop"] },
      clusterDomain: "cluster.local",
      labelSelector: "tier=gold",
      resyncMs: 1000,
    }),
  ).toBe("accepted");
});

test("every profile that is known passes what a profile of one's own must", () => {
  expect(refused({ profiles })).toBe("accepted");
});
