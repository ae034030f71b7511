/** What to do about an error of a command: send it again, on a new connection, or give up. */
export type Fault = "again" | "reconnect" | "final";

/** States of a server that end by themselves, or that an operator ends: nothing was executed. */
const passing = /^(?:LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS|UNKILLABLE)\b/;
/** Another server must be asked. */
const elsewhere = /^(?:READONLY|MOVED|ASK)\b/;

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return "final";
  if (error.name === "ReplyError") {
    // Before Redis 7 what a script met comes wrapped: "ERR Error running script ...: -OOM command not allowed ...".
    const text = /-([A-Z]{3,} .*)$/.exec(error.message)?.[1] ?? error.message;
    if (passing.test(text) || passing.test(error.message)) return "again";
    return elsewhere.test(text) || elsewhere.test(error.message) ? "reconnect" : "final";
  }
  return error instanceof TypeError ? "final" : "reconnect";
}

/** The first word of a reply, or the code of a socket error: what may be shown. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "ReplyError") return /^[A-Z]+/.exec(error.message)?.[0];
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
