import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Instance } from "@fleet/discovery";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { credentialsFrom } from "../src/credentials.ts";

const instance = { name: "orders" } as Instance;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-credentials-"));
  file = join(folder, "password");
  await writeFile(file, "from-file\n");
});
afterAll(() => rm(folder, { recursive: true }));

interface Reader {
  readonly asked: string[];
  readonly resolve: (reference: string) => Promise<{ username?: string; password: string } | undefined>;
}

/** Kubernetes, with what stands behind some references; others lead nowhere. */
function kubernetes(answers: Readonly<Record<string, object | string>> = {}): Reader {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (reference) => {
      asked.push(reference);
      const answer = answers[reference];
      if (typeof answer === "string") throw Object.assign(new Error(answer), { code: answer });
      return answer as { password: string } | undefined;
    },
  };
}

const resolved = (
  password: string | readonly string[],
  { username, secrets }: { username?: string; secrets?: Reader } = {},
): Promise<unknown> =>
  credentialsFrom({ SET: "from-env", EMPTY: "" }, secrets)(
    { password, ...(username !== undefined && { username }) },
    instance,
  );

describe("one reference must lead somewhere", () => {
  test("to a variable, a file or a Secret", async () => {
    const secrets = kubernetes({ "secret:a/b/c": { password: "from-secret", username: "its" } });
    expect(await resolved("env:SET")).toEqual({ password: "from-env" });
    expect(await resolved(`file:${file}`)).toEqual({ password: "from-file" });
    expect(await resolved("secret:a/b/c", { secrets })).toEqual({ password: "from-secret", username: "its" });
    expect(await resolved("secret:a/b/c", { secrets, username: "ours" })).toEqual({
      password: "from-secret",
      username: "ours",
    });
  });

  test.for([
    ["env:ABSENT", "env:ABSENT is not set or empty"],
    ["env:EMPTY", "env:EMPTY is not set or empty"],
    ["file:/absent/password", "file:/absent/password does not exist or is empty"],
    ["secret:a/b/c", "secret:a/b/c does not exist"],
    ["pod:a/b", "pod:a/b does not exist, or names no Secret with a password"],
  ])("%s", async ([reference, message]) => {
    await expect(resolved(reference!, { secrets: kubernetes() })).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CREDENTIALS",
      message,
    });
  });

  test("which in Kubernetes it cannot where Kubernetes is not configured", async () => {
    await expect(resolved("secret:a/b/c")).rejects.toThrow(/`kubernetes` is not configured/);
  });

  test.for(["CANARY", "plain:CANARY", "env:", ":CANARY"])(
    "%j is none, and is not repeated",
    async (wrong) => {
      const refusal = resolved(wrong);
      await expect(refusal).rejects.toThrow(/is referred to as env:NAME/);
      await expect(refusal).rejects.not.toThrow(/CANARY/);
    },
  );
});

describe("of several the first that exists counts", () => {
  const list = ["secret:shop/bound/password", "pod:shop/orders-0", "secret:shop/orders/key", "env:SET"];

  test("and none after it is asked for", async () => {
    const secrets = kubernetes({ "pod:shop/orders-0": { password: "p" } });
    expect(await resolved(list, { secrets })).toEqual({ password: "p" });
    expect(secrets.asked).toEqual(list.slice(0, 2));
  });

  test("the default at last", async () => {
    expect(await resolved(list, { secrets: kubernetes() })).toEqual({ password: "from-env" });
  });

  test("and where none does the instance has no password", async () => {
    expect(await resolved(list.slice(0, 3), { secrets: kubernetes() })).toBeUndefined();
    expect(await resolved(["env:ABSENT", "file:/absent"])).toBeUndefined();
  });

  test("unless somebody named its account", async () => {
    await expect(
      resolved(list.slice(0, 1), { secrets: kubernetes(), username: "app" }),
    ).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CREDENTIALS",
      message: "there is no password for the user name: none of secret:shop/bound/password",
    });
  });

  test("one that we may not see is passed over for the others in Kubernetes", async () => {
    const secrets = kubernetes({
      [list[0]!]: "FLEET_DISCOVERY_API_FORBIDDEN",
      [list[2]!]: { password: "p" },
    });
    expect(await resolved(list, { secrets })).toEqual({ password: "p" });
  });

  test("and no default is sent in its place", async () => {
    const secrets = kubernetes({ [list[0]!]: "FLEET_DISCOVERY_API_FORBIDDEN" });
    await expect(resolved(list, { secrets })).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_API_FORBIDDEN",
    });
  });

  test("one that is there and of no use ends the search", async () => {
    const secrets = kubernetes({ [list[0]!]: "FLEET_DISCOVERY_SECRET_KEY_MISSING" });
    await expect(resolved(list, { secrets })).rejects.toMatchObject({
      code: "FLEET_DISCOVERY_SECRET_KEY_MISSING",
    });
    expect(secrets.asked).toHaveLength(1);
  });
});

test("a user name alone is a user name alone", async () => {
  const credentials = credentialsFrom({}, undefined);
  expect(await credentials({ username: "app" }, instance)).toEqual({ username: "app" });
  expect(await credentials({}, instance)).toBeUndefined();
});
