import type { Command, Namespace, Program, Reply } from "../src/index.ts";
import type { Outcome, Server } from "./server.ts";

/** Runs a command of a project the way a client does: as it is sent, or step by step. */
export async function runIn(
  namespace: Namespace,
  server: Pick<Server, "run">,
  command: Command,
): Promise<Outcome> {
  const scoped = namespace.scope(command);
  if (scoped.program !== undefined) return runProgram(scoped.program(), server);
  const [outcome] = await server.run([scoped.command]);
  if ("error" in outcome!) return { error: namespace.restoreMessage(outcome.error, command) };
  return { value: scoped.restore(outcome!.value) };
}

export async function runProgram(program: Program, server: Pick<Server, "run">): Promise<Outcome> {
  let step = program.next([]);
  while (step.done !== true) {
    const outcomes = await server.run(step.value);
    const replies: Reply[] = [];
    for (const outcome of outcomes) {
      if ("error" in outcome) return outcome;
      replies.push(outcome.value);
    }
    step = program.next(replies);
  }
  return { value: step.value };
}
