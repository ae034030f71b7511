import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  decodeSegment,
  parsePlace,
  pathArguments,
  queryArguments,
  queryToken,
} from "../../src/http/parse-url.ts";

const place = (url: string): NonNullable<ReturnType<typeof parsePlace>> => parsePlace(url)!;
const path = (url: string): string[] => pathArguments(url, place(url));
const query = (url: string): string[] => queryArguments(url, place(url));

describe("the form and the target", () => {
  test.for([
    ["/", "command", undefined, []],
    ["/?_token=x", "command", undefined, []],
    ["/get/k", "command", undefined, ["get", "k"]],
    ["/pipeline", "pipeline", undefined, []],
    ["/pipeline?_token=x", "pipeline", undefined, []],
    ["/multi-exec", "multi-exec", undefined, []],
    ["/redis/orders", "command", "orders", []],
    ["/redis/orders/", "command", "orders", []],
    ["/redis/orders?_token=x", "command", "orders", []],
    ["/redis/orders/get/k", "command", "orders", ["get", "k"]],
    ["/redis/orders/pipeline", "pipeline", "orders", []],
    ["/redis/orders/multi-exec?a=1", "multi-exec", "orders", []],
    ["/redis/", "command", "", []],
    ["/redis", "command", undefined, ["redis"]],
    ["/redis/o%72ders/get/k", "command", "orders", ["get", "k"]],
    ["/pipeline/x", "command", undefined, ["pipeline", "x"]],
    ["/redis/a/redis/b/get/k", "command", "a", ["redis", "b", "get", "k"]],
    ["/get/a?x=/redis/b/pipeline", "command", undefined, ["get", "a"]],
  ] as const)("of %s", ([url, form, target, segments]) => {
    const found = place(url);
    expect({ form: found.form, target: found.target }).toEqual({ form, target });
    expect(found.form === "command" ? path(url) : []).toEqual(segments);
  });

  test("a URL that is no path has none", () => {
    expect(parsePlace("*")).toBeUndefined();
    expect(parsePlace("ftp://elsewhere/get/k")).toBeUndefined();
    expect(parsePlace("http:///get/k")).toBeUndefined();
    expect(parsePlace("")).toBeUndefined();
  });
});

test.for([
  ["http://elsewhere/get/k", "command", undefined, ["get", "k"]],
  ["HTTPS://elsewhere:8443/redis/orders/set/k/v?EX=1", "command", "orders", ["set", "k", "v"]],
  ["http://elsewhere", "command", undefined, []],
  ["http://elsewhere?_token=x", "command", undefined, []],
  ["http://elsewhere/pipeline", "pipeline", undefined, undefined],
  ["//pipeline", "pipeline", undefined, undefined],
  ["/redis/orders//multi-exec?_token=x", "multi-exec", "orders", undefined],
] as const)("the form for proxies and a slash too many: %s", ([url, form, target, segments]) => {
  const found = parsePlace(url)!;
  expect({ form: found.form, target: found.target }).toEqual({ form, target });
  expect(segments === undefined ? undefined : pathArguments(url, found)).toEqual(segments);
});

describe("arguments in the path", () => {
  test.for([
    ["/set/a%2Fb/v", ["set", "a/b", "v"]],
    ["/set/k/", ["set", "k", ""]],
    ["/set//v", ["set", "", "v"]],
    ["/set/k/a+b", ["set", "k", "a+b"]],
    ["/set/k/%zz", ["set", "k", "%zz"]],
    ["/set/k/50%", ["set", "k", "50%"]],
    ["/set/k/%FF", ["set", "k", "%FF"]],
    ["/set/k/%20x%20", ["set", "k", " x "]],
    ["/set/k/%C3%A9", ["set", "k", "é"]],
    ["/get/k;a=b&c", ["get", "k;a=b&c"]],
    ["/get/%2e%2e/%2e", ["get", "..", "."]],
    ["//get", ["", "get"]],
  ] as const)("of %s", ([url, expected]) => {
    expect(path(url)).toEqual(expected);
  });

  test("survive the round trip, whatever they are", () => {
    const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (segments) => {
        const url = `/redis/orders/${segments.map(encodeURIComponent).join("/")}`;
        const found = place(url);
        fc.pre(found.form === "command" && found.from < found.end);
        expect(pathArguments(url, found)).toEqual(segments);
      }),
    );
  });

  test("decoding never fails", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (segment) => {
        expect(typeof decodeSegment(segment)).toBe("string");
      }),
    );
  });
});

describe("arguments in the query", () => {
  test.for([
    ["/set/k/v?EX=100", ["EX", "100"]],
    ["/set/k/v?EX=100&NX", ["EX", "100", "NX"]],
    ["/set/k/v?_token=secret&EX=100", ["EX", "100"]],
    ["/set/k/v?%5Ftoken=secret", []],
    ["/set/k/v?EX=100&_token=a=b", ["EX", "100"]],
    ["/set/k/v?a=b=c", ["a", "b=c"]],
    ["/set/k/v?a=", ["a", ""]],
    ["/set/k/v?", []],
    ["/set/k/v?&&NX", ["NX"]],
    ["/scan/0?MATCH=a+b%2Bc", ["MATCH", "a b+c"]],
    ["/scan/0?MATCH=%zz", ["MATCH", "%zz"]],
    ["/set/k/v?a=1?b=2", ["a", "1?b=2"]],
  ] as const)("of %s", ([url, expected]) => {
    expect(query(url)).toEqual(expected);
  });

  test.for([
    ["/get/k", undefined],
    ["/get/k?x=1", undefined],
    ["/get/_token", undefined],
    ["/get/k?_token", undefined],
    ["/get/k?_token=abc", "abc"],
    ["/get/k?x=1&_token=a%2Bb", "a+b"],
    ["/get/k?_token=a&_token=a", null],
    ["/get/k?my_token=a", undefined],
  ] as const)("the token of %s is %s", ([url, expected]) => {
    expect(queryToken(url)).toBe(expected);
  });
});
