import { describe, expect, test } from "vitest";

import { hostFault } from "../../src/instance/address.ts";

describe("hosts that may be dialled", () => {
  test.for([
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.1.7",
    "100.64.0.1",
    "fd00::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "localhost",
    "orders.shop.svc",
    "orders.shop.svc.cluster.local.",
    "my_redis_1",
    "1password.example",
    "a",
    "x".repeat(63),
    "Redis-0.Example",
  ])("%s", (host) => {
    expect(hostFault(host)).toBeUndefined();
  });
});

describe("addresses that nobody runs Redis at, metadata services among them", () => {
  test.for([
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::ffff:0.0.0.0",
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "FE80::1",
    "febf::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
  ])("%s", (host) => {
    expect(hostFault(host)).toMatch(/unspecified, link-local, multicast or metadata/);
  });

  test.for(["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"])(
    "%s",
    (host) => {
      expect(hostFault(host)).toBe("may not be a metadata service");
    },
  );
});

describe("numbers that a resolver takes for an address", () => {
  test.for([
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "169.254.43518",
    "0251.0376.0251.0376",
    "1.2.3.4.5",
  ])("%s", (host) => {
    expect(hostFault(host)).toMatch(/dotted decimal/);
  });
});

describe("what is no host", () => {
  test.for([
    "",
    " ",
    "a b",
    "a..b",
    ".a",
    "-a",
    "a-",
    "[::1]",
    "h:6379",
    "h/0",
    "u@h",
    "x".repeat(64),
    "ä.example",
    "a\0",
  ])("%j", (host) => {
    expect(hostFault(host)).toMatch(/host name or an IP address/);
  });

  test("an address with a zone", () => {
    expect(hostFault("fe80::1%eth0")).toBe("may not carry a zone");
  });

  test("a name of 254 characters", () => {
    expect(hostFault(`${"x".repeat(63)}.`.repeat(4).slice(0, 254))).toMatch(/host name/);
  });
});
