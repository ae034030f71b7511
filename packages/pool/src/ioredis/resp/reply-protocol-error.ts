/** The bytes are no RESP2, or no command is due that they could answer. */
export class ReplyProtocolError extends Error {
  override readonly name = "ReplyProtocolError";
}
