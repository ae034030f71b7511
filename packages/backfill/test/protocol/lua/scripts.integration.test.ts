import { type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { defineRun } from "../../../src/protocol/definition.ts";
import { keysOf } from "../../../src/protocol/keys.ts";
import { script } from "../../../src/protocol/lua/script.ts";
import * as scripts from "../../../src/protocol/lua/scripts.ts";
import { type LuaFile, sources } from "../../../src/protocol/lua/sources.ts";
import { thrown } from "../../scene.ts";
import { Actor } from "../actor.ts";
import { openScripts } from "../script-scene.ts";
import { luaFiles } from "./lua-files.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

const all = Object.values(scripts);
const files = [...luaFiles()];
const isPart = (name: string): boolean => name.includes("/");

test("the module that is published has the text of every file: else run `pnpm --filter @fleet/backfill lua`", () => {
  expect(files.length).toBeGreaterThan(15);
  expect(sources).toEqual(Object.fromEntries(files));
});

test("every file that is no part is a script, and every part is included", () => {
  expect(all.map(({ name }) => name).toSorted()).toEqual(
    files.map(([name]) => name).filter((name) => !isPart(name)),
  );
  const included = files.flatMap(([, text]) =>
    [...text.matchAll(/^--- @include (\S+)$/gm)].map(([, name]) => name!),
  );
  expect([...new Set(included)].toSorted()).toEqual(files.map(([name]) => name).filter(isPart));
});

describe("every file begins with a head", () => {
  test.for(files)("%s", ([name, text]) => {
    const head = /^--\[\[\n[\s\S]*?\n\]\]\n/.exec(text)?.[0] ?? "";
    const wanted = isPart(name)
      ? [/^ {2}(?:Needs|KEYS) {4}/m]
      : [/^ {2}KEYS/m, /^ {2}ARGV\[1\] {2}/m, /^ {2}Answers {2}/m];
    expect(wanted.filter((section) => !section.test(head))).toEqual([]);
  });
});

describe("a server compiles it: Lua 5.1, without a shebang, with nothing of Redis' interface but `call`", () => {
  test.for(all)("$name", async ({ sha, text }) => {
    // A shebang is Redis 7 and newer.
    expect(text).toMatch(/^--\[\[/);
    expect([...new Set([...text.matchAll(/\bredis\.(\w+)/g)].map(([, member]) => member))]).toEqual(["call"]);
    expect(await server.call("SCRIPT", "LOAD", text)).toBe(sha);
  });
});

test("the locals of the keys stand in the order in which the keys are sent", () => {
  const names = /^local (.+), source = unpack\(KEYS\)$/m.exec(sources["parts/run"])?.[1]?.split(", ");
  const { own, all: keys } = keysOf("bf", "run", defineRun({ kind: "list", key: "jobs", side: "left" }, 1));
  expect(own.map((key) => key.split(":").at(-1))).toEqual(names);
  expect(keys.at(-1)).toBe("jobs");
});

test("an error inside a script names the file and the line", async () => {
  using scene = await openScripts(server, { source: { kind: "range", from: 1, to: 9 }, chunkSize: 1 });
  await server.call("SET", scene.run.keys.retry, "no sorted set");
  const error = await thrown(new Actor("a", scene.run, scene.link).turn({ want: 1 }));
  const [, file, line] = /\((\S+)\.lua:(\d+)\)$/.exec((error as Error).message) ?? [];
  expect((error as Error).message).toContain("WRONGTYPE");
  expect(sources[file as LuaFile].split("\n")[Number(line) - 1]).toContain("'ZRANGE', retry");
});

test("a script is the same text, and so the same to EVALSHA, however often it is put together", () => {
  expect(script("turn")).toEqual(scripts.turn);
});
