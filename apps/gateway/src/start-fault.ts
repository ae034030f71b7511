import { ConfigurationError } from "./errors.ts";

/** What a gateway that does not start says, and its exit code: 2 for a wrong configuration, 1 for anything else. */
export function startFault(error: unknown): { readonly lines: readonly string[]; readonly exitCode: 1 | 2 } {
  if (error instanceof ConfigurationError)
    return { lines: error.faults.map((fault) => `config: ${fault}`), exitCode: 2 };
  if (!(error instanceof Error))
    return { lines: ["the gateway does not start: unknown reason"], exitCode: 1 };
  const { code, message, cause } = error as NodeJS.ErrnoException;
  const { code: reason = code } = (cause ?? {}) as NodeJS.ErrnoException;
  // The list of instances is configuration too, wherever it lies; its faults come one a line.
  if (code?.startsWith("FLEET_DISCOVERY_") === true && !isOfServer(reason!))
    return { lines: message.split("\n").map((line) => `config: ${line}`), exitCode: 2 };
  return {
    lines: [`the gateway does not start: ${code === undefined ? "" : `${code} `}${message}`],
    exitCode: 1,
  };
}

/** Whether a code is of what a server did or did not do, which may pass, and not of a file. */
export function isOfServer(code: string): boolean {
  return servers.test(code);
}

const servers = /^FLEET_DISCOVERY_(?:API|DNS|SENTINEL)_|_SOURCE_FAILED$/;
