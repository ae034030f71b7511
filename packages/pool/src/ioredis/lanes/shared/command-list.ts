import type { WireCommand } from "../../commands/wire-command.ts";

/** Commands in the order they came, in a list that runs through the commands themselves. */
export class CommandList {
  head: WireCommand | undefined = undefined;
  tail: WireCommand | undefined = undefined;
  size = 0;

  push(command: WireCommand): void {
    const tail = this.tail;
    command.prev = tail;
    command.next = undefined;
    if (tail === undefined) this.head = command;
    else tail.next = command;
    this.tail = command;
    this.size += 1;
  }

  remove(command: WireCommand): void {
    const { prev, next } = command;
    if (prev === undefined) this.head = next;
    else prev.next = next;
    if (next === undefined) this.tail = prev;
    else next.prev = prev;
    command.prev = undefined;
    command.next = undefined;
    this.size -= 1;
  }
}
