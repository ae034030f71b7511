import { ask, type Send } from "./ask.ts";
import { AclForbiddenError } from "./errors.ts";
import { type AclStep, plan, type PlanOptions, stepFor } from "./plan.ts";
import { type ProjectUser, ruleFor } from "./rule.ts";
import type { ServerCommands } from "./server-commands.ts";
import { type AclState, readState, readUser } from "./server.ts";

/**
 * Runs the steps of a plan, in order. Each is whole by itself: what is done stays done when a later one fails.
 *
 * @throws AclForbiddenError, AclRefusedError, AclNotSavedError, AclUnsupportedError, and what `send` rejects with besides.
 */
export async function apply(send: Send, steps: readonly AclStep[]): Promise<void> {
  for (const step of steps) await run(send, step);
}

async function run(send: Send, step: AclStep): Promise<void> {
  switch (step.kind) {
    case "set":
      await ask(send, ["ACL", "SETUSER", ...step.args]);
      return;
    case "delete":
      await ask(send, ["ACL", "DELUSER", step.username]);
      return;
    case "default-off":
      // Asked again, as the plan may be old: the fleet must not lock itself out.
      if (String(await ask(send, ["ACL", "WHOAMI"])) === "default")
        throw new AclForbiddenError("ACL SETUSER default off, as it logs in as default itself");
      await ask(send, ["ACL", "SETUSER", "default", "off"]);
      return;
    case "save":
      await ask(send, ["ACL", "SAVE"]);
      return;
    default:
      step satisfies never;
  }
}

/** What is still to do on a server, read from it now; empty where all is as wanted. */
export async function verify(
  send: Send,
  wanted: readonly ProjectUser[],
  options: PlanOptions = {},
): Promise<{ readonly state: AclState; readonly steps: readonly AclStep[] }> {
  const projects = wanted.map(({ project }) => project);
  const state = await readState(send, projects, {
    all: options.prune === true,
    default: options.defaultOff === true,
  });
  return { state, steps: plan(state, wanted, options) };
}

/**
 * Makes one user what is wanted, where it is not. Passwords that are not wanted stay (see `keepsPasswords`).
 *
 * @returns the step that was needed; undefined where none was.
 * @throws as `apply` does.
 */
export async function ensure(
  send: Send,
  user: ProjectUser,
  commands: ServerCommands,
): Promise<AclStep | undefined> {
  const rule = ruleFor(user, commands.list);
  const step = stepFor(rule, await readUser(send, rule.username, commands), true);
  if (step !== undefined) await run(send, step);
  return step;
}
