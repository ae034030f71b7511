import { SinkError } from "../errors.ts";

const codeOf = (error: unknown): string => String((error as { readonly code?: unknown }).code);

/** Whether Postgres itself has answered: its codes have five characters, a digit among them (EPIPE has none). */
export const isAnswer = (error: unknown): boolean => /^(?=.*\d)[0-9A-Z]{5}$/.test(codeOf(error));

/**
 * Whether it has nothing to do with the record: no connection, or Postgres is short of something, is being stopped or started,
 * cannot write now or has a broken disk (classes 08, 53, 57, 58 and 25006).
 */
export const isAway = (error: unknown): boolean =>
  !isAnswer(error) || /^(?:08|53|57|58)|^25006$/.test(codeOf(error));

/** Classes 22 and 23: it is the record, and trying again is of no use. */
export const isData = (error: unknown): boolean => /^2[23][0-9A-Z]{3}$/.test(codeOf(error));

/** The error for a Postgres that cannot be used. */
export function refusal(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const { message } = error as Error;
  const reason = message === "" ? codeOf(error) : message;
  return isAnswer(error)
    ? new SinkError("FLEET_WORKER_SINK_REFUSED", `Postgres refuses: ${reason}`, error)
    : new SinkError("FLEET_WORKER_SINK_UNREACHABLE", `Postgres cannot be reached: ${reason}`, error);
}
