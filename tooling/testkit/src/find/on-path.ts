import { access, constants, realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** Where a program is on the PATH of an environment. */
export async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await everyOnPath(name, env))[0];
}

/** Every place where it is, in the order of PATH; a folder that PATH reaches twice counts once. */
export async function everyOnPath(name: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    const real = await access(path, constants.X_OK).then(
      () => realpath(folder),
      () => undefined,
    );
    if (real !== undefined && !found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}
