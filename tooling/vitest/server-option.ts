/** Names for servers that an environment variable leads to. */
const variables: Readonly<Record<string, string>> = {
  redis8: "FLEET_TEST_REDIS_8",
  valkey: "FLEET_TEST_VALKEY",
};

/** Takes `--server NAME` or `--server=NAME` out of a command line. */
export function takeServer(args: readonly string[]): {
  readonly server?: string;
  readonly rest: readonly string[];
} {
  const at = args.findIndex((arg) => arg === "--server" || arg.startsWith("--server="));
  if (at === -1) return { rest: args };
  const inline = args[at]!.startsWith("--server=");
  const server = inline ? args[at]!.slice("--server=".length) : args[at + 1];
  if (server === undefined || server === "") throw new Error("--server wants redis8, valkey or a path");
  return { server, rest: args.toSpliced(at, inline ? 1 : 2) };
}

/** The path that `redis8`, `valkey` or a path stands for. */
export function namedServer(server: string, env: NodeJS.ProcessEnv): string {
  const variable = variables[server];
  if (variable === undefined) {
    if (server.includes("/")) return server;
    throw new Error(`--server ${server}: neither redis8 nor valkey, nor a path`);
  }
  const path = env[variable];
  if (path === undefined || path === "")
    throw new Error(`--server ${server}: ${variable} is not set; it is the path of that server's program`);
  return path;
}
