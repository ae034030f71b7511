import { parseCommandLine } from "./cli.ts";
import { answer } from "./commands/answer.ts";
import { dryRun } from "./commands/dry-run.ts";
import { start, type Surroundings } from "./commands/start.ts";
import { loadConfig, printConfig } from "./config/config.ts";
import { startFault } from "./start-fault.ts";

async function main(version: string): Promise<number> {
  const action = parseCommandLine(process.argv.slice(2), version, {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  });
  if (action.run === "exit") return action.code;
  const { file, flags, json } = action;
  const loaded = await loadConfig({ file, flags, environment: process.env });
  const surroundings: Surroundings = { version, json, out: process.stdout, error: process.stderr };
  switch (action.run) {
    case "print-config":
      process.stdout.write(printConfig(loaded));
      return 0;
    case "start":
      return start(loaded, surroundings);
    case "dry-run":
      return dryRun(loaded, surroundings);
    default:
      return answer(action, loaded, surroundings);
  }
}

/** Does what the command line asks for, and ends the process. @param version of the worker. */
export async function run(version: string): Promise<void> {
  // The reader of an output may go; the work goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    process.exitCode = await main(version);
  } catch (error) {
    const { lines, exitCode } = startFault(error);
    process.stderr.write(`${lines.join("\n")}\n`);
    process.exitCode = exitCode;
  }
  // A call of the job that was given up must not hold the process.
  setTimeout(() => process.exit(), 1000).unref();
}
