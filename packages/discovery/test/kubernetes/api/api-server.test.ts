import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually, FakeClock } from "@fleet/testkit";
import { service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble, KubernetesObject } from "@fleet/testkit/kubernetes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { ApiServer } from "../../../src/kubernetes/index.ts";
import type { ApiServerOptions, KubeconfigError, WatchEvent } from "../../../src/kubernetes/index.ts";

interface List {
  readonly items: readonly KubernetesObject[];
}

const path = "/api/v1/namespaces/shop/services";

describe("an ApiServer", () => {
  let double: ApiServerDouble;
  let folder = "";
  let files = 0;

  beforeAll(async () => {
    double = await startApiServerDouble();
    await double.apply(service("a", { namespace: "shop" }));
    folder = mkdtempSync(join(tmpdir(), "fleet-api-server-"));
  });
  afterAll(async () => {
    await double.close();
    rmSync(folder, { recursive: true });
  });

  const opened: ApiServer[] = [];
  beforeEach(() => double.heal());
  afterEach(async () => {
    double.tokens.clear();
    double.tokens.add(double.adminToken);
    double.forbidden.clear();
    await Promise.all(opened.splice(0).map((api) => api.close()));
    await eventually(() => assert.equal(double.connections, 0));
  });

  const open = (options: ApiServerOptions): ApiServer => {
    const api = new ApiServer(options);
    opened.push(api);
    return api;
  };
  const byHand = (options: Partial<ApiServerOptions & { readonly token: string }> = {}): ApiServer => {
    const { token = double.adminToken, ...rest } = options;
    return open({ server: { url: double.url, ca: double.ca, token }, ...rest });
  };
  const file = (text: string, name?: string): string => {
    files += 1;
    const path = join(folder, name ?? `${files}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  /** YAML, as people have it. */
  const kubeconfig = (user: string, cluster = ""): string =>
    file(`
apiVersion: v1
kind: Config
current-context: here
clusters:
  - name: c
    cluster:
      server: ${double.url}
      ${cluster === "" ? `certificate-authority-data: ${Buffer.from(double.ca).toString("base64")}` : cluster}
users: [{ name: u, user: ${user} }]
contexts: [{ name: here, context: { cluster: c, user: u, namespace: shop } }]
`);

  test("answers two hundred questions over a few connections, one after another and at one time", async () => {
    const api = byHand();
    const before = double.accepted;
    for (let round = 0; round < 100; round += 1) await api.get<List>(path);
    expect(double.accepted - before).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 100 }, () => api.get<List>(path)));
    expect(double.accepted - before).toBeLessThanOrEqual(8);
  });

  test("asks as it is told, and reads what is packed", async () => {
    const api = byHand();
    const names = Array.from({ length: 300 }, (_, index) => `big-${index}`);
    const labels = { padding: "x".repeat(400), app: "big" };
    await double.apply(...names.map((name) => service(name, { namespace: "big", labels })));
    const { items } = await api.get<List>("/api/v1/namespaces/big/services", {
      query: { labelSelector: "app=big", limit: undefined },
    });
    expect(items).toHaveLength(300);
    const { headers, query } = double.requests.at(-1)!;
    expect(query).toEqual({ labelSelector: "app=big" });
    expect(headers).toMatchObject({
      accept: "application/json",
      "accept-encoding": "gzip",
      "user-agent": "fleet-discovery",
    });
  });

  test("posts", async () => {
    double.forbidden.add("list secrets");
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "list", group: "", resource: "secrets" } },
    };
    const answer = await byHand().post<{ readonly status: { readonly allowed: boolean } }>(
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      review,
    );
    expect(answer.status.allowed).toBe(false);
  });

  describe("tells what is wrong, and never a token or an object", () => {
    const token = "a-very-secret-token";
    const error = async (options: Partial<ApiServerOptions> = {}): Promise<Record<string, unknown>> => {
      try {
        await byHand({ token, ...options }).get(path);
      } catch (error) {
        const { code, status, reason, retryAfterMs, request, message } = error as Record<string, unknown>;
        expect(JSON.stringify([message, String((error as Error).cause)])).not.toContain(token);
        return { code, status, reason, retryAfterMs, request, message };
      }
      throw new Error("it went well");
    };
    const request = { verb: "list", group: "", resource: "services", namespace: "shop" };
    beforeEach(() => void double.tokens.add(token));

    test("a right that is missing", async () => {
      double.forbidden.add("list services");
      expect(await error()).toEqual({
        code: "FLEET_DISCOVERY_API_FORBIDDEN",
        status: 403,
        reason: "Forbidden",
        retryAfterMs: undefined,
        request,
        message: expect.stringMatching(
          /^list services in shop: this right is missing \(403\): .*services/,
        ) as unknown,
      });
    });

    test("somebody whom it does not know", async () => {
      double.tokens.delete(token);
      expect(await error()).toMatchObject({ code: "FLEET_DISCOVERY_API_UNAUTHORIZED", status: 401, request });
    });

    test("a server that is busy, by its header or by its words", async () => {
      double.inject({ kind: "status", status: 429, retryAfterSeconds: 3 }, { verb: "list" });
      expect(await error()).toMatchObject({
        code: "FLEET_DISCOVERY_API_REFUSED",
        status: 429,
        retryAfterMs: 3000,
      });
      double.inject({ kind: "status", status: 504, details: { retryAfterSeconds: 2 } }, { verb: "list" });
      expect(await error()).toMatchObject({ status: 504, retryAfterMs: 2000 });
      double.inject({ kind: "status", status: 429, retryAfterSeconds: 1e9 }, { verb: "list" });
      expect(await error()).toMatchObject({ retryAfterMs: 300_000 });
    });

    test("an answer that is none", async () => {
      for (const body of [`<html>${token}</html>`, '"text"', "", '{"items":[']) {
        double.inject({ kind: "garbage", body }, { verb: "list" });
        expect(await error()).toMatchObject({
          code: "FLEET_DISCOVERY_API_GARBLED",
          message: "list services in shop: the answer is no JSON object",
        });
      }
    });

    test("an answer that breaks off", async () => {
      double.inject({ kind: "cut", bytes: 20 }, { verb: "list" });
      expect(await error()).toMatchObject({ code: "FLEET_DISCOVERY_API_UNREACHABLE" });
      double.inject({ kind: "reset" }, { verb: "list" });
      expect(await error()).toMatchObject({ code: "FLEET_DISCOVERY_API_UNREACHABLE" });
    });

    test("nobody there, and somebody else's certificate", async () => {
      const server = { url: "https://127.0.0.1:1", token };
      expect(await error({ server })).toMatchObject({
        code: "FLEET_DISCOVERY_API_UNREACHABLE",
        message: "list services in shop: no connection: ECONNREFUSED",
      });
      expect(await error({ server: { url: double.url, token } })).toMatchObject({
        code: "FLEET_DISCOVERY_API_UNREACHABLE",
        message: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) as unknown,
      });
    });

    test("a server that does not answer in time, or not at all quickly", async () => {
      const clock = new FakeClock();
      for (const fault of [{ kind: "hang" }, { kind: "slow", byteMs: 20 }] as const) {
        double.inject(fault, { verb: "list" });
        const failed = error({ clock, requestTimeoutMs: 5000 });
        await eventually(() => expect(double.open("list", "services")).toBe(1));
        await clock.advance(5000);
        expect(await failed).toMatchObject({
          code: "FLEET_DISCOVERY_API_TIMEOUT",
          message: "list services in shop: not done within 5000 ms",
        });
      }
      expect(clock.pending).toBe(0);
    });
  });

  test("stops asking when the signal says so, and when it is closed", async () => {
    const clock = new FakeClock();
    const api = byHand({ clock });
    double.inject({ kind: "hang" }, { verb: "list", times: 2 });
    const abort = new AbortController();
    const asked = api.get(path, { signal: abort.signal });
    await eventually(() => expect(double.open("list", "services")).toBe(1));
    abort.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await expect(api.get(path, { signal: abort.signal })).rejects.toThrow("enough");
    const other = codeOf(api.get(path));
    await eventually(() => expect(double.open("list", "services")).toBe(1));
    await api.close();
    expect(await other).toBe("FLEET_DISCOVERY_API_CLOSED");
    await expect(api.get(path)).rejects.toMatchObject({ code: "FLEET_DISCOVERY_API_CLOSED" });
    await eventually(() => expect(double.connections).toBe(0));
    expect(clock.pending).toBe(0);
  });

  test("leaves nothing of a connection that is still being made", async () => {
    const open = new Set<Socket>();
    const mute = createServer((socket) => {
      open.add(socket);
      socket
        .resume()
        .on("error", () => {})
        .on("close", () => open.delete(socket));
    });
    await once(mute.listen(0, "127.0.0.1"), "listening");
    const { port } = mute.address() as AddressInfo;
    const api = new ApiServer({ server: { url: `https://127.0.0.1:${port}` } });
    const asked = codeOf(api.get(path));
    await eventually(() => expect(open.size).toBe(1));
    await api.close();
    expect(await asked).toBe("FLEET_DISCOVERY_API_CLOSED");
    await eventually(() => expect(open.size).toBe(0), { timeoutMs: 1000 });
    mute.close();
  });

  test("refuses options that cannot be", () => {
    const refused = (options: ApiServerOptions, message: string): void => {
      expect(() => new ApiServer(options)).toThrow(
        expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_OPTION", message }) as Error,
      );
    };
    refused({ requestTimeoutMs: 0 }, "requestTimeoutMs must be milliseconds from 1 to 2147483647, got 0");
    refused({ kubeconfig: "" }, 'kubeconfig must be the path of a file, got ""');
    refused(
      { server: { url: "https://user:secret@host" } },
      "server.url must be an https: or http: URL without a user, got a string that is not shown",
    );
    refused(
      { server: { url: "host" } },
      'server.url must be an https: or http: URL without a user, got "host"',
    );
    refused(
      { server: { url: "https://host" }, context: "here" },
      "server must be alone, without kubeconfig and context, got both",
    );
  });

  describe("watches", () => {
    test("in order, until the server ends it", async () => {
      const api = byHand();
      const { metadata } = await api.get<{ readonly metadata: { readonly resourceVersion: string } }>(path);
      const seen: string[] = [];
      const query = { resourceVersion: metadata.resourceVersion };
      const events = api.watch(path, { query, deadlineMs: 60_000, opened: () => void seen.push("opened") });
      const first = events.next();
      await eventually(() => expect(seen).toEqual(["opened"]));
      await double.apply(service("w1", { namespace: "shop" }), service("w2", { namespace: "shop" }));
      expect(nameOf(await first)).toBe("ADDED w1");
      expect(nameOf(await events.next())).toBe("ADDED w2");
      double.endWatches();
      expect(await events.next()).toEqual({ done: true, value: undefined });
    });

    test("and leaves when the reader does", async () => {
      const api = byHand();
      for await (const event of api.watch(path, { deadlineMs: 60_000 })) {
        expect(event.type).toBe("ADDED");
        break;
      }
      await eventually(() => expect(double.open("watch", "services")).toBe(0));
    });

    test("no longer than the deadline, although the server is silent", async () => {
      const clock = new FakeClock();
      double.inject({ kind: "silent" }, { verb: "watch" });
      const isOpen = Promise.withResolvers<void>();
      const events = byHand({ clock }).watch(path, { deadlineMs: 400_000, opened: isOpen.resolve });
      const next = codeOf(events.next());
      await isOpen.promise;
      await clock.advance(399_000);
      expect(double.open("watch", "services")).toBe(1);
      await clock.advance(1000);
      expect(await next).toBe("FLEET_DISCOVERY_API_TIMEOUT");
      expect(clock.pending).toBe(0);
    });

    test("and knows an ERROR in the stream, also when the stream stays open", async () => {
      for (const stays of [false, true]) {
        double.inject({ kind: "event", status: 410, reason: "Expired", stays }, { verb: "watch" });
        const events = byHand().watch(path, { deadlineMs: 60_000 });
        await expect(events.next()).rejects.toMatchObject({
          code: "FLEET_DISCOVERY_API_REFUSED",
          status: 410,
          reason: "Expired",
          request: { verb: "watch", group: "", resource: "services", namespace: "shop" },
        });
      }
      await eventually(() => expect(double.open("watch", "services")).toBe(0));
    });
  });

  describe("by a kubeconfig", () => {
    test("with its context, its namespace and its token", async () => {
      const api = open({ kubeconfig: kubeconfig(`{ token: ${double.adminToken} }`), context: "here" });
      expect(await api.namespace()).toBe("shop");
      await api.get(path);
      expect(double.requests.at(-1)!.token).toBe(double.adminToken);
      const before = double.accepted;
      for (let round = 0; round < 50; round += 1) await api.get(path);
      expect(double.accepted - before).toBeLessThanOrEqual(1);
    });

    test("reads a token file again when the server does not know the token, once per question", async () => {
      const tokens = file("first\n", "token");
      double.tokens.add("first");
      const api = open({ kubeconfig: kubeconfig("{ tokenFile: token, token: stale }") });
      await api.get(path);
      double.tokens.delete("first");
      double.tokens.add("second");
      writeFileSync(tokens, "second\n");
      await api.get(path);
      expect(double.requests.at(-1)!.token).toBe("second");
      double.tokens.delete("second");
      const before = double.count("list", "services");
      await expect(api.get(path)).rejects.toMatchObject({ code: "FLEET_DISCOVERY_API_UNAUTHORIZED" });
      expect(double.count("list", "services")).toBe(before + 2);
      rmSync(tokens);
      await expect(api.get(path)).rejects.toMatchObject({
        code: "FLEET_DISCOVERY_KUBECONFIG",
        message: expect.stringMatching(/^the credentials of here cannot be had: ENOENT .*token$/) as unknown,
      });
      writeFileSync(tokens, double.adminToken);
      await api.get(path);
    });

    test("sees an authority that has changed, over new connections", async () => {
      const authority = file("", "ca.pem");
      const user = `{ token: ${double.adminToken} }`;
      const api = open({ kubeconfig: kubeconfig(user, "certificate-authority: ca.pem") });
      writeFileSync(authority, double.ca);
      await api.get(path);
      const before = double.accepted;
      writeFileSync(authority, `${double.ca}\n${double.ca}`);
      await api.get(path);
      expect(double.accepted).toBe(before + 1);
      // Those of before are not kept.
      await eventually(() => expect(double.connections).toBe(1));
    });

    test("runs a plugin for credentials, and keeps what it says to itself", async () => {
      const program = (status: number): string =>
        `{ exec: { apiVersion: client.authentication.k8s.io/v1, command: sh, args: ["-c", 'echo "{\\"status\\":{\\"token\\":\\"${double.adminToken}\\"}}"; echo hidden >&2; exit ${status}'] } }`;
      await open({ kubeconfig: kubeconfig(program(0)) }).get(path);
      await expect(open({ kubeconfig: kubeconfig(program(1)) }).get(path)).rejects.toMatchObject({
        code: "FLEET_DISCOVERY_KUBECONFIG",
        message: "the credentials of here cannot be had: their plugin failed",
      });
    });

    test("says what is wrong with it", async () => {
      const said = async (options: ApiServerOptions): Promise<unknown> => {
        const [answer] = await Promise.allSettled([open(options).get(path)]);
        const { code, message } = (answer as PromiseRejectedResult).reason as KubeconfigError;
        return code === "FLEET_DISCOVERY_KUBECONFIG" ? message : code;
      };
      const missing = join(folder, "missing.yaml");
      expect(await said({ kubeconfig: missing })).toBe(`the kubeconfig cannot be read: ENOENT ${missing}`);
      const broken = file('a: b\nusers: [{ token: "hidden }\n');
      expect(await said({ kubeconfig: broken })).toMatch(/^the kubeconfig is no YAML: line \d$/);
      expect(await said({ kubeconfig: file("") })).toBe("the kubeconfig is empty, or no mapping");
      expect(await said({ kubeconfig: file("{}") })).toBe(
        "the kubeconfig has no current context; its contexts are none",
      );
      expect(await said({ kubeconfig: kubeconfig("{}"), context: "there" })).toBe(
        'the kubeconfig has no context "there"; its contexts are here',
      );
      const nowhere = file(`
current-context: here
contexts: [{ name: here, context: { cluster: other, user: u } }]
`);
      expect(await said({ kubeconfig: nowhere })).toBe(
        "the context here of the kubeconfig names a cluster that it has not",
      );
    });

    test("and reads it again once it was corrected", async () => {
      const kubeconfigFile = file("{}", "later.yaml");
      const api = open({ kubeconfig: kubeconfigFile });
      await expect(api.get(path)).rejects.toMatchObject({ code: "FLEET_DISCOVERY_KUBECONFIG" });
      const { readFileSync } = await import("node:fs");
      writeFileSync(kubeconfigFile, readFileSync(kubeconfig(`{ token: ${double.adminToken} }`)));
      await api.get(path);
    });
  });

  test("the client for kubeconfigs is loaded by nobody who did not ask for one", () => {
    const script = `
      import "@fleet/discovery";
      import { ApiServer } from "@fleet/discovery/kubernetes";
      const api = new ApiServer({ server: { url: "http://127.0.0.1:1" } });
      await api.get("/version").catch(() => {});
      await api.close();
      const { registerHooks } = await import("node:module");
      let loaded = 0;
      registerHooks({ load: (url, context, next) => { loaded += url.includes("/client-node/") ? 1 : 0; return next(url, context); } });
      const other = new ApiServer({ kubeconfig: "/nonexistent/kubeconfig" });
      await other.get("/version").catch(({ code }) => console.log(code));
      console.log(loaded > 0 ? "loaded now" : "loaded before");`;
    const said = execFileSync(
      process.execPath,
      ["--conditions=@fleet/source", "--input-type=module", "--eval", script],
      { encoding: "utf8", cwd: import.meta.dirname },
    );
    expect(said.trim().split("\n")).toEqual(["FLEET_DISCOVERY_KUBECONFIG", "loaded now"]);
  });
});

function nameOf(next: IteratorResult<WatchEvent>): string {
  const { type, object } = next.value as WatchEvent;
  return `${type} ${object.metadata.name}`;
}

/** What it fails with. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const [{ reason }] = (await Promise.allSettled([work])) as [PromiseRejectedResult];
  return (reason as { readonly code?: unknown }).code;
}
