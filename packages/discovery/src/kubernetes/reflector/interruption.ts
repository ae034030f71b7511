/** Why a watch is ended that seems to be well. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  /**
   * `doubtful`: the server may have another past than the set. `future`: it has, and a watch of it would be silent for ever. `silent`:
   * the server has moved on, and the watch says nothing. `unproven`: for too long nothing has proved the set to be current.
   * `unstreamed`: the server does not stream whole sets.
   */
  readonly reason: "doubtful" | "future" | "silent" | "unproven" | "unstreamed";

  constructor(reason: Interruption["reason"]) {
    super(reason);
    this.reason = reason;
  }
}
