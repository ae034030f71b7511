import type { WireCommand } from "../../commands/wire-command.ts";
import type { CommandList } from "./command-list.ts";

export interface Overdue {
  readonly commands: readonly WireCommand[];
  /** When the next of the others is overdue. */
  readonly nextDeadline: number;
}

/** The commands whose time is up. */
export function overdueOf(lists: readonly CommandList[], now: number): Overdue {
  let nextDeadline = Infinity;
  const commands: WireCommand[] = [];
  for (const { head } of lists) {
    for (let command = head; command !== undefined; command = command.next) {
      if (command.settled) continue;
      if (command.deadline <= now) commands.push(command);
      else if (command.deadline < nextDeadline) nextDeadline = command.deadline;
    }
  }
  return { commands, nextDeadline };
}
