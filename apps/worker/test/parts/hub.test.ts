import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import type { Fetch } from "@fleet/backfill";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

import { loadConfig } from "../../src/config/config.ts";
import { HubError } from "../../src/errors.ts";
import { type AskHub, openHub } from "../../src/parts/hub.ts";
import { idsToProbe, probeHub } from "../../src/parts/probe-hub.ts";
import { retryAfterMs } from "../../src/parts/retry-after.ts";
import { json, startHub, type TestHub } from "../start-hub.ts";

async function askOf(hubUrl: string, more: Readonly<Record<string, string>> = {}): Promise<AskHub> {
  const { config } = await loadConfig({
    flags: {},
    environment: { FLEET_WORKER_HUB_URL: hubUrl, ...more },
  });
  return openHub({ ...config, hubUrl }, "1.2.3");
}

async function fetchOf(hubUrl: string, more: Readonly<Record<string, string>> = {}): Promise<Fetch<unknown>> {
  const ask = await askOf(hubUrl, more);
  return async (id, options) => (await ask(id, options)).value;
}

function get(fetch: Fetch<unknown>, id = "7", signal = AbortSignal.timeout(5000)): Promise<unknown> {
  return fetch(id, { signal, attempt: 1, token: 1 });
}

const answering = (answer: TestHub["answer"]): Promise<TestHub> => startHub(answer);

describe("a hub that answers", () => {
  test("has the value, whatever kind of JSON it is, and ids are escaped", async () => {
    await using hub = await startHub();
    const fetch = await fetchOf(hub.url);
    expect(await get(fetch)).toEqual({ id: "7" });
    expect(await get(fetch, "a/b?c=ü")).toEqual({ id: "a/b?c=ü" });
    hub.answer = (_id, _request, response) => json(response, 200, [0, false, ""]);
    expect(await get(fetch)).toEqual([0, false, ""]);
    hub.answer = (_id, _request, response) => json(response, 200, 0);
    expect(await get(fetch)).toBe(0);
  });

  test("is told who asks, with the token and the headers that it wants", async () => {
    const seen: unknown[] = [];
    await using hub = await answering((_id, { headers }, response) => {
      seen.push(headers["user-agent"], headers.accept, headers.authorization, headers["x-tenant"]);
      json(response, 200, {});
    });
    await get(
      await fetchOf(hub.url, { FLEET_WORKER_HUB_TOKEN: "t0", FLEET_WORKER_HUB_HEADERS: "x-tenant: shop" }),
    );
    expect(seen).toEqual(["fleet-worker/1.2.3", "application/json", "Bearer t0", "shop"]);
  });

  test.for([
    ["404 with JSON", 404, '{"error":"none"}'],
    ["404 with nothing", 404, ""],
    ["404 with a word", 404, "nope"],
    ["404 with a page", 404, "<!doctype html><h1>Not Found</h1>"],
    ["404 with more than is read", 404, "x".repeat(50_000)],
    ["410", 410, "{}"],
    ["410 with a page", 410, "<html>Gone</html>"],
    ["204", 204, ""],
    ["null", 200, "null"],
    ["an empty body", 200, ""],
  ] as const)("has nothing: %s", async ([, status, body]) => {
    await using hub = await answering((_id, _request, response) => void response.writeHead(status).end(body));
    const fetch = await fetchOf(hub.url, { FLEET_WORKER_HUB_MAX_BYTES: "40000" });
    expect(await get(fetch)).toBeUndefined();
  });

  test("keeps its connections: as many as there are calls at a time", async () => {
    await using hub = await answering((id, _request, response) => {
      setImmediate(() => json(response, id === "404" ? 404 : id === "500" ? 500 : 200, { id }));
    });
    const fetch = await fetchOf(hub.url);
    const caller = async (): Promise<void> => {
      for (const id of ["1", "404", "2", "500", "3"]) await get(fetch, id).catch(() => "as it should");
    };
    await Promise.all([caller(), caller(), caller()]);
    expect(hub.asked).toHaveLength(15);
    // After an error its body is not waited for, and the connection may go with it.
    expect(hub.connections).toBeLessThanOrEqual(6);
  });
});

describe("a hub that does not answer as it should", () => {
  test.for([
    [429, { "retry-after": "2" }, { code: "FLEET_BACKFILL_LIMITED", retryAfterMs: 2000 }],
    [429, {}, { code: "FLEET_BACKFILL_LIMITED", retryAfterMs: 1000 }],
    [429, { "retry-after": "soon" }, { code: "FLEET_BACKFILL_LIMITED", retryAfterMs: 1000 }],
    [503, { "retry-after": "1" }, { code: "FLEET_BACKFILL_LIMITED", retryAfterMs: 1000 }],
    [503, {}, { code: "FLEET_WORKER_HUB_STATUS", isAway: true }],
    [500, { "retry-after": "1" }, { code: "FLEET_WORKER_HUB_STATUS", message: "the hub answered 500" }],
    [418, {}, { code: "FLEET_WORKER_HUB_STATUS", isAway: false }],
    [502, {}, { code: "FLEET_WORKER_HUB_STATUS", isAway: true }],
    [504, {}, { code: "FLEET_WORKER_HUB_STATUS", isAway: true }],
    [401, {}, { code: "FLEET_WORKER_HUB_REFUSED" }],
    [403, {}, { code: "FLEET_WORKER_HUB_REFUSED" }],
    [400, {}, { code: "FLEET_BACKFILL_PERMANENT" }],
    [422, {}, { code: "FLEET_BACKFILL_PERMANENT", message: "the hub answered 422" }],
  ] as const)("%d %j", async ([status, headers, expected]) => {
    await using hub = await answering((_id, _request, response) =>
      json(response, status, {}, { ...headers }),
    );
    await expect(get(await fetchOf(hub.url))).rejects.toMatchObject(expected);
  });

  test.for([200, 203])("HTML with status %d is no answer, and is not quoted", async (status) => {
    await using hub = await answering(
      (_id, _request, response) =>
        void response.writeHead(status, { "content-type": "text/html" }).end("<h1>secret</h1>"),
    );
    await expect(get(await fetchOf(hub.url))).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_NOT_JSON",
      message: `the hub answered ${status} with something that is not JSON (text/html, 15 characters)`,
    });
  });

  test("JSON that ends in the middle is none", async () => {
    await using hub = await answering((_id, _request, response) => void response.end('{"id":'));
    await expect(get(await fetchOf(hub.url))).rejects.toMatchObject({ code: "FLEET_WORKER_HUB_NOT_JSON" });
  });

  test("a connection that ends in the middle of the body", async () => {
    await using hub = await answering((_id, _request, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"id":');
      setImmediate(() => response.destroy());
    });
    await expect(get(await fetchOf(hub.url))).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_UNREACHABLE",
    });
  });

  test("an answer that is larger than allowed is not read to its end", async () => {
    let sent = 0;
    await using hub = await answering((_id, _request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536))) sent += 1;
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const fetch = await fetchOf(hub.url, { FLEET_WORKER_HUB_MAX_BYTES: "100000" });
    await expect(get(fetch)).rejects.toMatchObject({ code: "FLEET_WORKER_HUB_TOO_LARGE" });
    expect(sent).toBeLessThan(1000);
  });

  test.for([
    ["before the head", 0],
    ["in the body", 1],
  ] as const)("a slow answer ends with the signal, %s", async ([, written]) => {
    await using hub = await answering((_id, _request, response) => {
      if (written === 1) response.writeHead(200).write("{");
    });
    await expect(get(await fetchOf(hub.url), "7", AbortSignal.timeout(100))).rejects.toThrow(
      /timeout|cannot be reached/,
    );
  });

  test("nobody listens", async () => {
    const { port, close } = await closedPort();
    close();
    await expect(get(await fetchOf(`http://127.0.0.1:${port}/{id}`))).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_UNREACHABLE",
      message: "the hub cannot be reached (ECONNREFUSED)",
    });
  });

  test("something that speaks no HTTP", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(get(await fetchOf(`http://127.0.0.1:${port}/{id}`))).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_UNREACHABLE",
    });
    server.close();
  });
});

async function closedPort(): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe("the look before the start", () => {
  const failing =
    (error: Error): AskHub =>
    async () => {
      throw error;
    };

  const answering = (isMissingPage: boolean): { readonly ask: AskHub; readonly asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      ask: async (id) => {
        asked.push(id);
        return { value: undefined, isMissing: isMissingPage, isMissingPage };
      },
    };
  };

  test.for([
    "FLEET_WORKER_HUB_NOT_JSON",
    "FLEET_WORKER_HUB_PORT",
    "FLEET_WORKER_HUB_REFUSED",
    "FLEET_WORKER_HUB_UNKNOWN",
  ])("ends it for %s", async (code) => {
    const error = Object.assign(new Error("no"), { code });
    await expect(probeHub(failing(error), ["1"], 1000)).rejects.toBe(error);
  });

  test("tells of what may be over in a minute, and of nothing where the hub answers", async () => {
    const limited = Object.assign(new Error("later"), { code: "FLEET_BACKFILL_LIMITED" });
    expect(await probeHub(failing(limited), ["1"], 1000)).toBe("later");
    const well = answering(false);
    expect(await probeHub(well.ask, ["1", "2"], 1000)).toBeUndefined();
    expect(well.asked).toEqual(["1"]);
  });

  test("ends it where there is a page of HTML for every id, which is what a wrong path has", async () => {
    const lost = answering(true);
    await expect(probeHub(lost.ask, ["1", "50", "100"], 1000)).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_PATH",
      message: expect.stringContaining("(1, 50, 100)") as string,
    });
    expect(lost.asked).toEqual(["1", "50", "100"]);
    expect(await probeHub(lost.ask, [], 1000)).toBeUndefined();
  });

  const each =
    (...answers: readonly (Error | "missing" | "page" | "there")[]): AskHub =>
    async () => {
      const answer = answers[at++ % answers.length]!;
      if (answer instanceof Error) throw answer;
      return { value: undefined, isMissing: answer !== "there", isMissingPage: answer === "page" };
    };
  let at = 0;
  beforeEach(() => (at = 0));
  const refused = new HubError("FLEET_WORKER_HUB_REFUSED", "the hub answered 403");
  const gone = new HubError("FLEET_WORKER_HUB_STATUS", "the hub answered 503", { isAway: true });

  test("names the path where there is nothing with any body", async () => {
    expect(await probeHub(each("missing"), ["1", "50"], 1000)).toMatch(
      /\(1, 50\): look at the path in hubUrl/,
    );
    expect(await probeHub(each("page", "missing"), ["1", "50"], 1000)).toMatch(/path/);
    expect(await probeHub(each("missing", "there"), ["1", "50"], 1000)).toBeUndefined();
  });

  test("goes on where only the first id is refused, and says so", async () => {
    expect(await probeHub(each(refused, "there"), ["1", "50"], 1000)).toBe("the hub answered 403");
    await expect(probeHub(each(refused), ["1", "50"], 1000)).rejects.toBe(refused);
  });

  test("asks a hub again that is away", async () => {
    await expect(probeHub(each(gone, "page"), ["1"], 1000)).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_PATH",
    });
    expect(await probeHub(each(gone), ["1"], 1000)).toBe("the hub answered 503");
  });

  test("asks for ids from the first to the last, where they are known", () => {
    expect(idsToProbe({ kind: "range", from: 1, to: 1001 })).toEqual(["1", "251", "501", "751", "1001"]);
    expect(idsToProbe({ kind: "range", from: 7, to: 7 })).toEqual(["7"]);
    expect(idsToProbe({ kind: "ids", ids: ["a", "b", "c"] })).toEqual(["a", "b", "c"]);
    expect(idsToProbe({ kind: "list", key: "jobs" })).toEqual([]);
    expect(idsToProbe(undefined)).toEqual([]);
  });

  test("names a port that fetch calls nowhere", async () => {
    const ask = await askOf("http://127.0.0.1:1/{id}");
    await expect(probeHub(ask, ["1"], 1000)).rejects.toMatchObject({
      code: "FLEET_WORKER_HUB_PORT",
      message: expect.stringContaining("port 1 ") as string,
    });
  });
});

describe("Retry-After", () => {
  test.for([
    ["120", undefined, 120_000],
    ["0", undefined, 0],
    ["99999999", undefined, 3_600_000],
    ["Wed, 21 Oct 2026 07:28:10 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 10_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 0],
    ["whenever", undefined, undefined],
    ["-1", undefined, undefined],
    [undefined, undefined, undefined],
  ] as const)("%s at %s is %s ms", ([value, date, expected]) => {
    const headers = new Headers();
    if (value !== undefined) headers.set("retry-after", value);
    if (date !== undefined) headers.set("date", date);
    expect(retryAfterMs(headers)).toBe(expected);
  });

  test("as a date without the answer's own is compared with the clock", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 0, 1) });
    onTestFinished(() => void vi.useRealTimers());
    const headers = new Headers({ "retry-after": new Date(Date.now() + 60_000).toUTCString() });
    expect(retryAfterMs(headers)).toBe(60_000);
  });
});
