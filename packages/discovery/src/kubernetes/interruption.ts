/** Why a watch that seems to be well is ended, and the whole set read again. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  /**
   * `future`: the server is behind what was seen. `unproven`: for too long the watch has not reached where the server stands. `doubtful`:
   * the connection broke, and who came back may have another past. `unstreamed`: the server does not stream whole sets.
   */
  readonly reason: "doubtful" | "future" | "unproven" | "unstreamed";

  constructor(reason: Interruption["reason"]) {
    super(reason);
    this.reason = reason;
  }
}
