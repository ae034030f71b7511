import { RedisError } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { askRole, fromInfo, fromRole, type Reply, type Server } from "../../src/roles/ask-role.ts";

describe("an answer to ROLE", () => {
  test.for<[Reply, unknown]>([
    [
      [
        "master",
        3_129_659,
        [
          ["127.0.0.1", "9001", "3129242"],
          ["Redis-2.Redis", "9002", "3129543"],
        ],
      ],
      { role: "primary", replicas: ["127.0.0.1:9001", "redis-2.redis:9002"], offset: 3_129_659 },
    ],
    [["master", 0, []], { role: "primary", offset: 0, replicas: [] }],
    [
      ["slave", "FD00::5", 9000, "connected", 3_167_038],
      { role: "replica", primary: "fd00::5:9000", link: "connected", offset: 3_167_038 },
    ],
    ...["none", "connect", "connecting", "handshake"].map((state): [Reply, unknown] => [
      ["slave", "a", 1, state, -1],
      { role: "replica", primary: "a:1", link: "down", offset: -1 },
    ]),
    [["slave", "a", 1, "sync", -1], { role: "replica", primary: "a:1", link: "syncing", offset: -1 }],
    [["slave", "a", 1, "stable_sync", 7], { role: "replica", primary: "a:1", offset: 7 }],
    [["slave", "a", 1], { role: "replica", primary: "a:1" }],
    [["sentinel", ["mymaster"]], undefined],
    [["master"], undefined],
    ["master", undefined],
    [null, undefined],
    [[], undefined],
  ])("%j", ([reply, role]) => {
    expect(fromRole(reply)).toEqual(role);
  });
});

describe("an answer to INFO replication", () => {
  test("says the same in other words", () => {
    expect(
      fromInfo(
        [
          "# Replication",
          "role:master",
          "connected_slaves:2",
          "slave0:ip=127.0.0.1,port=9001,state=online,offset=42,lag=0",
          "slave1:ip=127.0.0.1,port=9002,state=wait_bgsave,offset=0,lag=0",
          "slave_read_only:1",
          "master_repl_offset:43",
          "",
        ].join("\r\n"),
      ),
    ).toEqual({ role: "primary", offset: 43, replicas: ["127.0.0.1:9001", "127.0.0.1:9002"] });
    expect(fromInfo("role:slave\r\nmaster_host:10.0.0.7\r\nmaster_port:6379\r\n")).toEqual({
      role: "replica",
      primary: "10.0.0.7:6379",
    });
    const replica = (...lines: readonly string[]) =>
      fromInfo(["role:slave", "master_host:a", "master_port:1", ...lines].join("\r\n"));
    expect(
      replica(
        "master_link_status:up",
        "master_sync_in_progress:0",
        "slave_repl_offset:42",
        `master_replid:${"ab".repeat(20)}`,
        `master_replid2:${"0".repeat(40)}`,
      ),
    ).toEqual({
      role: "replica",
      primary: "a:1",
      link: "connected",
      offset: 42,
      hasSynced: true,
      history: ["ab".repeat(20)],
    });
    const down = ["master_link_status:down", "slave_repl_offset:42"];
    for (const [since, hasSynced] of [
      ["-1", false],
      ["1796000000", false],
      ["3", true],
    ] as const)
      expect(
        replica(...down, "master_sync_in_progress:0", `master_link_down_since_seconds:${since}`),
      ).toMatchObject({ link: "down", offset: -1, hasSynced });
    expect(replica(...down, "master_sync_in_progress:1")).toMatchObject({ link: "syncing" });
    expect(fromInfo("# Server\r\nredis_version:7")).toBeUndefined();
  });
});

describe("a server that does not answer", () => {
  const server = (answers: Readonly<Record<string, Reply | Error>>): Server => ({
    send: ([name]) => {
      const answer = answers[name] ?? null;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    isRefusal: (error) => error === forbidden || error === unknown,
  });
  const unknown = new RedisError("ERR unknown command 'ROLE', with args beginning with: ");
  const forbidden = new RedisError("NOPERM this user has no permissions to run the 'role' command");

  test("to ROLE is asked for INFO, and to neither says nothing", async () => {
    for (const error of [forbidden, unknown]) {
      const info = "role:slave\r\nmaster_host:a\r\nmaster_port:1\r\n";
      expect(await askRole(server({ ROLE: error, INFO: info }))).toEqual({
        role: "replica",
        primary: "a:1",
      });
      expect(await askRole(server({ ROLE: error, INFO: forbidden }))).toBeUndefined();
    }
  });

  test("to INFO alone says what ROLE says, and with both there is more", async () => {
    const role: Reply = ["slave", "a", 1, "connect", -1];
    const info = `role:slave\r\nmaster_link_status:down\r\nmaster_replid:${"ab".repeat(20)}\r\n`;
    const said = { role: "replica", primary: "a:1", link: "down", offset: -1 };
    expect(await askRole(server({ ROLE: role, INFO: forbidden }))).toEqual(said);
    expect(await askRole(server({ ROLE: role, INFO: info }))).toEqual({
      ...said,
      hasSynced: false,
      history: ["ab".repeat(20)],
    });
  });

  test("because it cannot now is an error", async () => {
    const busy = new RedisError("BUSY Redis is busy running a script");
    await expect(askRole(server({ ROLE: busy }))).rejects.toBe(busy);
    await expect(askRole(server({ ROLE: forbidden, INFO: busy }))).rejects.toBe(busy);
  });
});
