import { chmod, lstat, readFile, rename, rm, stat, writeFile } from "node:fs/promises";

import { isMap, isSeq, parseDocument } from "yaml";

import type { TokenConfig } from "../config/config-schema.ts";
import { ConfigurationError } from "../errors.ts";

type Tree = ReturnType<typeof parseDocument>;

/**
 * Adds a token to a configuration file; everything else in it keeps its meaning and its comments.
 *
 * @param check reads the changed file before it takes the place of the old one.
 * @throws ConfigurationError when the file cannot be changed, or what `check` throws; the file is as before then.
 */
export async function addToken(path: string, token: TokenConfig, check: Check): Promise<void> {
  await change(path, check, (tree) => {
    const tokens = tree.get("tokens");
    if (isSeq(tokens)) tokens.add(tree.createNode(token, { flow: true }));
    else tree.set("tokens", tree.createNode([token]));
  });
}

/** Takes a token out of a configuration file, as {@link addToken} adds one. */
export async function revokeToken(path: string, name: string, check: Check): Promise<void> {
  await change(path, check, (tree) => {
    const tokens = tree.get("tokens");
    const items = isSeq(tokens) ? tokens.items : [];
    const index = items.findIndex((one) => isMap(one) && one.get("name") === name);
    if (index < 0) throw new ConfigurationError([`${path}: no token has the name ${JSON.stringify(name)}`]);
    tree.deleteIn(["tokens", index]);
  });
}

type Check = (path: string) => Promise<unknown>;

async function change(path: string, check: Check, edit: (tree: Tree) => void): Promise<void> {
  const tree = parseDocument(await readable(path), { prettyErrors: false });
  if (tree.errors.length > 0)
    throw new ConfigurationError([`${path}: is not YAML or JSON, and is not changed`]);
  edit(tree);
  const next = `${path}.${process.pid}.new`;
  try {
    await writeFile(next, tree.toString({ lineWidth: 0 }));
    await chmod(next, (await stat(path)).mode);
    await check(next);
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof ConfigurationError || code === undefined) throw error;
    throw new ConfigurationError([`${path}: cannot be written (${code})`]);
  }
}

async function readable(path: string): Promise<string> {
  try {
    // A file of a ConfigMap is a link that Kubernetes owns: what took its place would last until the next change of the map.
    if ((await lstat(path)).isSymbolicLink())
      throw new ConfigurationError([`${path}: is a link; change the file that it is made from`]);
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError([
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`,
    ]);
  }
}
