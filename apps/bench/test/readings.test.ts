import { describe, expect, test } from "vitest";

import { announcementIn } from "../src/contestants/http-server.ts";
import { countOf as countOfAutocannon } from "../src/load/autocannon.ts";
import { cpuSecondsOf } from "../src/load/cpu-time.ts";
import { wholeSeconds } from "../src/load/http-load.ts";
import { keyCount, keyOf, shuffled, valueBytes, valueOf } from "../src/load/keys.ts";
import { figuresOf } from "../src/load/redis-benchmark.ts";
import { countOf as countOfWrk, scriptOf } from "../src/load/wrk.ts";

describe("redis-benchmark's CSV", () => {
  test("with latencies, since Redis 6.2", () => {
    const csv = [
      '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"',
      '"GET get:__rand_int__","1960784.38","0.045","0.032","0.047","0.050","0.087","0.431"',
      "",
    ].join("\n");
    expect(figuresOf(csv)).toEqual({ opsPerSec: 1_960_784.38, p50Ms: 0.047, p99Ms: 0.087 });
  });

  test("without them, before", () => {
    expect(figuresOf('"GET get:__rand_int__","125000.00"\n')).toEqual({ opsPerSec: 125_000 });
  });

  test("that says something else is an error", () => {
    expect(() => figuresOf("Could not connect to Redis")).toThrow("Could not connect");
  });
});

describe("wrk", () => {
  test("what its script wrote is read among what it prints itself", () => {
    const printed =
      'Running 1s test\nRequests/sec: 28202.87\n\nCOUNTED {"requests":28221,"us":1000643,"failures":3,"p50":1010,"p99":3917}\n';
    expect(countOfWrk(printed)).toEqual({
      answers: 28_221,
      failures: 3,
      seconds: 1.000_643,
      p50Ms: 1.01,
      p99Ms: 3.917,
    });
  });

  test("a run without a count is an error", () => {
    expect(() => countOfWrk("unable to connect\n")).toThrow("unable to connect");
  });

  test("the script is one request as Lua strings, and never asks for another", () => {
    const script = scriptOf({
      url: "http://127.0.0.1/",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '["GET","a\\b\né"]',
    });
    expect(script).toContain('wrk.headers["content-type"] = "application/json"');
    expect(script).toContain(String.raw`wrk.body = "[\034GET\034,\034a\092b\010\195\169\034]"`);
    expect(script).not.toMatch(/\brequest\s*=|\bresponse\s*=/);
  });
});

test("autocannon: whatever is no success counts as a failure", () => {
  const report = {
    "2xx": 90,
    non2xx: 4,
    errors: 3,
    timeouts: 2,
    mismatches: 1,
    duration: 1.01,
    latency: { p50: 1, p99: 4 },
  };
  expect(countOfAutocannon(JSON.stringify(report))).toEqual({
    answers: 94,
    failures: 10,
    seconds: 1.01,
    p50Ms: 1,
    p99Ms: 4,
  });
});

test("processor time is read behind the last bracket: a program may be called anything", () => {
  const stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 1 1 1";
  expect(cpuSecondsOf(stat)).toBe(3);
});

describe("where a server says that it answers", () => {
  test("is found among its log lines", () => {
    const log = '{"level":30,"msg":"hello"}\nplain\n{"level":30,"data":"http://127.0.0.1:1","admin":"x"}\n';
    expect(announcementIn(log)).toBe("http://127.0.0.1:1");
  });

  test("is not guessed from half a line", () => {
    expect(announcementIn('{"data":"http://127.0.0.1:12')).toBeUndefined();
  });
});

test("load generators get whole seconds, at least one", () => {
  expect([50, 1000, 1499, 2000].map(wholeSeconds)).toEqual([1, 1, 1, 2]);
});

describe("keys", () => {
  test("are what redis-benchmark makes of `__rand_int__`", () => {
    expect(keyOf("get", 7)).toBe("get:000000000007");
  });

  test("have a value of their own, of the said length", () => {
    const values = Array.from({ length: keyCount }, (_, index) => valueOf(index));
    expect(new Set(values).size).toBe(keyCount);
    expect(new Set(values.map((value) => Buffer.byteLength(value)))).toEqual(new Set([valueBytes]));
  });

  test("come in an order that follows from the seed, each once", () => {
    expect(shuffled(3)).toEqual(shuffled(3));
    expect(shuffled(3)).not.toEqual(shuffled(4));
    expect(new Set(shuffled(3)).size).toBe(keyCount);
  });
});
