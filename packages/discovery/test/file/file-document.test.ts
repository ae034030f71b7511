import { describe, expect, test } from "vitest";

import { parseFile } from "../../src/file/file-document.ts";

const faults = (text: string | Uint8Array): readonly string[] =>
  parseFile(typeof text === "string" ? Buffer.from(text) : text).faults ?? [];

test("a file with every field", () => {
  const text = `
instances:
  - name: orders
    uid: 0d3b
    namespace: shop
    group: carts
    labels: { tier: gold }
    state: drain
    reads: any
    tls: { caFile: /etc/ca.crt }
    credentials: { username: fleet, password: "env:ORDERS_PASSWORD" }
    endpoints:
      - { host: 10.0.0.1, port: 6379, role: primary, zone: eu-1a }
      - { host: 10.0.0.2, port: 6379, role: replica }
`;
  expect(parseFile(Buffer.from(text)).instances?.[0]).toMatchObject({
    name: "orders",
    uid: "0d3b",
    credentials: { password: "env:ORDERS_PASSWORD" },
    endpoints: [{ zone: "eu-1a" }, { role: "replica" }],
  });
});

describe("faults are told with line and column", () => {
  test.for<[string, string | Uint8Array, string]>([
    ["an empty file", "", "1:1 must be a record with the field instances, got nothing"],
    ["a list at the top", "- a\n", "1:1 must be a record with the field instances, got a list"],
    ["no instances", "a: 1\n", "1:1 instances: must be a list of instances, got nothing"],
    ["an unknown field", "instances: []\nversion: 2\n", "2:10 version: is not a known field"],
    ["a key twice", "instances: []\ninstances: []\n", "2:1 is not YAML: duplicate key"],
    ["a bracket that is never closed", "instances: [\n", "2:1 is not YAML: bad indent"],
    ["an alias without its anchor", "instances: *a\n", "1:12 is not YAML: alias without an anchor"],
    ["two documents", "instances: []\n---\ninstances: []\n", "2:1 is not YAML: multiple docs"],
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 0x41), "1:1 is not UTF-8 text"],
    [
      "JSON with a wrong port",
      '{"instances":[{"name":"a","endpoints":[{"host":"h","port":"1"}]}]}',
      "1:59 instances[0].endpoints[0].port",
    ],
  ])("%s", ([, text, expected]) => {
    expect(faults(text).join("\n")).toContain(expected);
  });

  test("something that is missing stands where it is missing", () => {
    expect(faults("instances:\n  - endpoints: [{ host: h, port: 1 }]\n")[0]).toMatch(
      /^2:5 instances\[0\]\.name: /,
    );
  });
});

describe("no fault quotes the file, since a password may stand in it", () => {
  const secret = "hunter2";
  test.for<[string, string]>([
    [
      "a literal password",
      `instances:\n  - name: a\n    credentials: { password: ${secret} }\n    endpoints: []\n`,
    ],
    [
      "a password that looks like an alias",
      `instances:\n  - name: a\n    credentials: { password: *${secret} }\n`,
    ],
    [
      "a password that looks like a tag",
      `instances:\n  - name: a\n    credentials: { password: !${secret} x }\n`,
    ],
    ["a password on a broken line", `instances:\n  - password: "${secret}\n`],
    ["a password with a tab before it", `instances:\n\t- password: ${secret}\n`],
    ["a file that is not for us", `requirepass ${secret}\nport 6379\n`],
    ["a directive", `%${secret}\n---\ninstances: 1\n`],
  ])("%s", ([, text]) => {
    expect(faults(text).length).toBeGreaterThan(0);
    expect(faults(text).join("\n")).not.toContain(secret);
  });
});

describe("hostile files", () => {
  test("aliases of aliases of aliases are refused before they fill the memory", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i += 1)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    expect(faults(`${lines.join("\n")}\n`)).toEqual(["1:1 is not YAML that can be read: too many aliases"]);
  });

  test("__proto__ is a field like any other", () => {
    expect(faults('{"instances":[],"__proto__":{"polluted":true}}').join()).not.toBe("");
    const { instances } = parseFile(
      Buffer.from(
        '{"instances":[{"name":"a","endpoints":[{"host":"h","port":1}],"labels":{"__proto__":"x"}}]}',
      ),
    );
    expect((instances?.[0]?.labels as { polluted?: unknown } | undefined)?.polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
