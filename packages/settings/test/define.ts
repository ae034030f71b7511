import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll } from "vitest";
import { z } from "zod";

import { count, filePath, ms, setting, Settings, text } from "../src/index.ts";
import type { Definition, LoadInput } from "../src/index.ts";

export interface Config {
  readonly preset?: string;
  readonly timeoutMs: number;
  readonly name?: string;
  readonly certificate?: string;
  readonly words?: readonly string[] | "*";
  readonly url?: string;
  readonly password?: string;
  readonly listen: { readonly port: number; readonly isOpen: boolean };
  readonly pool: { readonly exclusive: { readonly max?: number; readonly maxAgeMs?: number } };
  readonly sentinel?: { readonly enabled: boolean; readonly masters?: readonly string[] };
  readonly users: readonly { readonly name: string; readonly age?: number }[];
}

const schema = z.strictObject({
  preset: setting(z.enum(["small", "large"]).optional(), { description: "numbers for a place" }),
  timeoutMs: setting(ms(1).default(3000), { description: "time for a call", reloads: true }),
  name: setting(text.optional(), { description: "what it is called" }),
  certificate: setting(filePath.optional(), { description: "a file", kind: "path" }),
  words: setting(z.union([z.literal("*"), z.array(text)]).optional(), { description: "words", kind: "list" }),
  url: setting(text.optional(), { description: "where", secret: "url" }),
  password: setting(text.optional(), { description: "a secret", secret: "whole" }),
  listen: z
    .strictObject({
      port: setting(count(0, 65_535).default(80), { description: "a port" }),
      isOpen: setting(z.boolean().default(false), { description: "a switch", reloads: true }),
    })
    .prefault({}),
  pool: z
    .strictObject({
      exclusive: z
        .strictObject({
          max: setting(count(1).optional(), { description: "most", default: 8 }),
          maxAgeMs: setting(ms(1).optional(), { description: "oldest", default: 300_000 }),
        })
        .prefault({}),
    })
    .prefault({}),
  sentinel: z
    .strictObject({
      enabled: setting(z.boolean().default(true), { description: "whether" }),
      masters: setting(z.array(text).optional(), { description: "which", kind: "list", default: ["all"] }),
    })
    .optional(),
  users: setting(z.array(z.strictObject({ name: text, age: count(0).optional() })).default([]), {
    description: "people",
    secret: ["age"],
  }),
});

export const definition: Definition = {
  schema,
  prefix: "APP_",
  guards: ["APP_", "OLD_"],
  presets: { small: { "pool.exclusive.max": 2, timeoutMs: 500 }, large: { "pool.exclusive.max": 50 } },
  aliases: [
    {
      variable: "OLD_TIMEOUT",
      expected: "seconds",
      means: { timeoutMs: (given) => (Number(given) > 0 ? Number(given) * 1000 : undefined) },
    },
    {
      variable: "OLD_HOST",
      expected: "a URL",
      secret: true,
      means: { name: (given) => (URL.canParse(given) ? given : undefined) },
    },
    { variable: "OLD_MAX", expected: "a number", means: { "pool.exclusive.max": Number } },
  ],
  foreign: (name) => (name.startsWith("APP_TEST_") ? "it is for tests" : undefined),
  isSecret: (given) => given.includes("tok_"),
  failed: (faults) => new Error(faults.join("\n")),
};

export const app: Settings<Config> = new Settings(definition);

/** The faults, or an empty list. */
export async function faultsOf(options: LoadInput<Config>): Promise<readonly string[]> {
  return app.load(options).then(
    () => [],
    (error: Error) => error.message.split("\n"),
  );
}

/** Files of one test file. */
export function useFolder(): { file(content: string): Promise<string>; readonly path: string } {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleet-settings-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return {
    get path() {
      return folder;
    },
    async file(content) {
      const path = join(folder, `${crypto.randomUUID()}.yaml`);
      await writeFile(path, content);
      return path;
    },
  };
}
