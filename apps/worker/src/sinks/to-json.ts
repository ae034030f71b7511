import { PermanentError } from "@fleet/backfill";

/** @throws PermanentError for what JSON cannot say: trying again would not help. */
export function toJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new PermanentError(`the value cannot be written as JSON: ${(error as Error).message}`);
  }
  if (text === undefined)
    throw new PermanentError(`the value cannot be written as JSON: it is a ${typeof value}`);
  return text;
}
