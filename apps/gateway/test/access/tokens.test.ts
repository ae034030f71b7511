import { hash } from "node:crypto";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";

import { describe, expect, test } from "vitest";

import { Tokens } from "../../src/access/tokens.ts";

const digest = hash("sha256", "correct-horse-battery");
const tokens = new Tokens([
  { name: "web", digest: digest.toUpperCase(), rights: "full", targets: ["orders"] },
  {
    name: "all",
    digest: hash("sha256", "other-token-altogether"),
    rights: "read-only",
    targets: "*",
    project: "shop",
  },
]);

function asked(...authorization: string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = ["Host", "x", ...authorization.flatMap((value) => ["AuthoriZation", value])];
  if (authorization[0] !== undefined) request.headers.authorization = authorization[0];
  return request;
}
const found = (url: string, ...authorization: string[]): string | undefined =>
  tokens.authenticate(asked(...authorization), url)?.name;

describe("other tokens from now on", () => {
  const one = { name: "one", digest, rights: "full", targets: ["orders"] } as const;
  const two = { ...one, name: "two", digest: hash("sha256", "other-token-altogether") } as const;
  const ask = (known: Tokens, secret: string): ReturnType<Tokens["authenticate"]> =>
    known.authenticate(asked(`Bearer ${secret}`), "/");

  test("what is as it was stays, what is gone or changed is revoked", () => {
    const known = new Tokens([one, two]);
    const [first, second] = [ask(known, "correct-horse-battery")!, ask(known, "other-token-altogether")!];
    known.replace([{ ...one }, { ...two, rights: "read-only" }]);
    expect(ask(known, "correct-horse-battery")).toBe(first);
    expect(first.revoked.aborted).toBe(false);
    expect(second.revoked.aborted).toBe(true);
    expect(ask(known, "other-token-altogether")).toMatchObject({ rights: "read-only" });
    known.replace([two]);
    expect(first.revoked.aborted).toBe(true);
    expect(ask(known, "correct-horse-battery")).toBeUndefined();
  });
});

describe("a token is found", () => {
  test("in the header, in any case of the scheme", () => {
    expect(found("/", "Bearer correct-horse-battery")).toBe("web");
    expect(found("/", "bearer correct-horse-battery")).toBe("web");
    expect(found("/get/_token", "Bearer correct-horse-battery")).toBe("web");
  });

  test("in the header without a scheme", () => {
    expect(found("/", "correct-horse-battery")).toBe("web");
  });

  test("in the URL", () => {
    expect(found("/get/k?_token=correct-horse-battery")).toBe("web");
  });
});

describe("no token is found", () => {
  test.for([
    ["/", []],
    ["/", ["Bearer wrong"]],
    ["/", ["Bearer "]],
    ["/", ["Bearer"]],
    ["/", ["correct-horse-battery and more"]],
    ["/?_token=correct-horse-battery", ["Bearer correct-horse-battery"]],
    ["/", ["Basic correct-horse-battery"]],
    ["/", [`Bearer ${digest}`]],
    ["/", ["Bearer correct-horse-battery", "Bearer correct-horse-battery"]],
    ["/?_token=", []],
    ["/?_token=correct-horse-battery&_token=correct-horse-battery", []],
    ["/?_token=correct-horse-battery", ["Bearer wrong"]],
    ["/?_token=__proto__", []],
  ] as const)("in %s with %j", ([url, headers]) => {
    expect(found(url, ...headers)).toBeUndefined();
  });
});

test("a token says where it may ask, and where it asks when nothing is said", () => {
  const web = tokens.authenticate(asked("Bearer correct-horse-battery"), "/")!;
  expect([web.allows("orders"), web.allows("cache"), web.defaultTarget]).toEqual([true, false, "orders"]);
  expect(web.namespace.prefix).toBe("");
  const all = tokens.authenticate(asked("Bearer other-token-altogether"), "/")!;
  expect([all.allows("anything"), all.defaultTarget, all.namespace.prefix]).toEqual([
    true,
    undefined,
    "proj:shop:",
  ]);
});
