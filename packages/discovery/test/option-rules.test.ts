import { optionFaults } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Discovery, discoveryRules } from "../src/discovery.ts";
import { completeDnsOptions, dnsRules } from "../src/dns/dns-options.ts";
import { FileSource, fileRules } from "../src/file/file-source.ts";
import { StaticSource } from "../src/index.ts";
import { ApiServer, apiServerRules } from "../src/kubernetes/api/api-server.ts";
import { checkKubernetesOptions, kubernetesRules } from "../src/kubernetes/kubernetes-options.ts";
import { KubernetesSecrets, secretsRules } from "../src/kubernetes/secrets/secrets.ts";
import { checkSentinelOptions, sentinelRules } from "../src/sentinel/sentinel-options.ts";

const sentinels = [{ host: "h", port: 26_379 }];
const cases: readonly (readonly [
  string,
  Parameters<typeof optionFaults>[0],
  Parameters<typeof optionFaults>[1],
  Parameters<typeof optionFaults>[2],
])[] = [
  ["Discovery", discoveryRules, { sources: [new StaticSource([])] }, (options) => new Discovery(options)],
  ["FileSource", fileRules, { path: "x" }, (options) => new FileSource(options)],
  ["DnsSource", dnsRules, { instances: [] }, completeDnsOptions],
  ["SentinelSource", sentinelRules, { sentinels, connect: () => undefined }, checkSentinelOptions],
  ["KubernetesSource", kubernetesRules, {}, checkKubernetesOptions],
  ["ApiServer", apiServerRules, {}, (options) => new ApiServer(options)],
  [
    "KubernetesSecrets",
    secretsRules,
    { api: { get: () => undefined } },
    (options) => new KubernetesSecrets(options),
  ],
];

describe("refuses whatever an option cannot be, and options that do not exist", () => {
  test.for(cases)("%s", ([, rules, given, make]) => {
    expect(optionFaults(rules, given, make)).toEqual([]);
  });

  test.for([{ name: 5 }, { name: "" }, { nam: "x" }])("StaticSource: %j", (options) => {
    expect(() => new StaticSource([], options as never)).toThrow(
      expect.objectContaining({ code: "FLEET_DISCOVERY_INVALID_OPTION" }),
    );
  });

  test("an API server by hand, without showing what may be secret", () => {
    const server = { url: "https://h", tokn: "CANARY" };
    expect(() => new ApiServer({ server })).toThrow(
      "server.tokn must be left out: there is no such option, the nearest is token, got a string",
    );
  });
});
