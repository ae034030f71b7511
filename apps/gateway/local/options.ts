import { Command, CommanderError, InvalidArgumentError } from "commander";

/** What the command line of `pnpm start` asks for. */
export interface StartOptions {
  readonly try: boolean;
  readonly kubernetes: boolean;
  /** 0 takes a free one. */
  readonly port: number;
  readonly adminPort: number;
}

const port = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  return Number(text);
};

/** Reads the command line; help and faults go to the screen, and the answer is the exit code then. */
export function parseOptions(
  args: readonly string[],
  screen: { readonly out: (text: string) => void; readonly error: (text: string) => void },
): StartOptions | number {
  const program = new Command("pnpm start --")
    .description("A local fleet of real Redis servers with the gateway in front, until Ctrl-C.")
    .option("--try", "make one tour of it and end", false)
    .option("--kubernetes", "have it found through a real API server (KUBEBUILDER_ASSETS)", false)
    .option("--port <port>", "of the gateway, 0 takes a free one (default: 8080, with --try 0)", port)
    .option("--admin-port <port>", "of its admin port, likewise (default: 8081, with --try 0)", port)
    .helpOption("-h, --help", "print this and exit")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: screen.out,
      writeErr: screen.error,
      outputError: (text, write) => write(`${text.trimEnd().replaceAll("\n", " ")}\n`),
    });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const given = program.opts<Partial<StartOptions> & Pick<StartOptions, "try" | "kubernetes">>();
  // A tour needs no port that is known beforehand, so it never finds one taken.
  return { port: given.try ? 0 : 8080, adminPort: given.try ? 0 : 8081, ...given };
}

/** What a fault says besides: which option changes a port that cannot be had. */
export function withRemedy(error: unknown, options: StartOptions): unknown {
  const { code, port: taken } = error as { readonly code?: unknown; readonly port?: unknown };
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const option = taken === options.adminPort ? "--admin-port" : "--port";
  const reason = code === "EADDRINUSE" ? "is taken" : "may not be used by this user";
  return new Error(`port ${String(taken)} ${reason}; ${option} N takes another, ${option} 0 a free one`, {
    cause: error,
  });
}
