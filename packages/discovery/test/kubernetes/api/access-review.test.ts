import { describe, expect, test } from "vitest";

import { missingRights } from "../../../src/kubernetes/index.ts";

interface Asked {
  readonly kind: string;
  readonly spec: { readonly resourceAttributes: Record<string, string> };
}

/** An API server that refuses the rights that a rule names. */
function server(refuses: (right: Record<string, string>) => boolean): {
  readonly asked: Record<string, string>[];
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
} {
  const asked: Record<string, string>[] = [];
  return {
    asked,
    post: async <T>(path: string, body: unknown): Promise<T> => {
      expect(path).toBe("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
      const { kind, spec } = body as Asked;
      expect(kind).toBe("SelfSubjectAccessReview");
      asked.push(spec.resourceAttributes);
      return { status: { allowed: !refuses(spec.resourceAttributes) } } as T;
    },
  };
}

describe("the rights that a fleet uses", () => {
  test("are six, asked for in every namespace that it looks into", async () => {
    const api = server(() => false);
    expect(await missingRights(api, { namespaces: ["shop", "web"] })).toEqual([]);
    const inShop = api.asked.filter(({ namespace }) => namespace === "shop");
    expect(inShop.map(({ verb, group, resource }) => `${verb} ${resource}.${group}`)).toEqual([
      "list services.",
      "watch services.",
      "list endpointslices.discovery.k8s.io",
      "watch endpointslices.discovery.k8s.io",
      "get pods.",
      "get secrets.",
    ]);
    expect(api.asked).toHaveLength(12);
  });

  test("or once for all namespaces", async () => {
    const api = server(() => true);
    expect(await missingRights(api, { namespaces: "*" })).toHaveLength(6);
    expect(api.asked.every((right) => !("namespace" in right))).toBe(true);
  });

  test("and those that are missing are named", async () => {
    const api = server(({ verb, namespace }) => verb === "watch" && namespace === "web");
    expect(await missingRights(api, { namespaces: ["shop", "web"] })).toEqual([
      { verb: "watch", group: "", resource: "services", namespace: "web" },
      { verb: "watch", group: "discovery.k8s.io", resource: "endpointslices", namespace: "web" },
    ]);
  });
});

test("a server that says nothing of a right has not granted it", async () => {
  const post = async <T>(): Promise<T> => ({}) as T;
  expect(await missingRights({ post }, { namespaces: "*" })).toHaveLength(6);
});

test("a server that cannot be asked is an error, not a missing right", async () => {
  const post = (): Promise<never> => Promise.reject(new Error("refused"));
  await expect(missingRights({ post }, { namespaces: "*" })).rejects.toThrow("refused");
});
