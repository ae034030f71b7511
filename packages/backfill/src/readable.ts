/** Causes of causes that are read. */
const deepest = 5;

/**
 * A thrown value as it is where the engine can read it: `undefined`, a primitive, an error of any kind. A value whose
 * properties throw when they are read is replaced, since a job may throw anything and must not end the worker by it.
 */
export function readable(thrown: unknown): unknown {
  try {
    let each = thrown;
    for (let depth = 0; depth < deepest && typeof each === "object" && each !== null; depth += 1) {
      const { cause, errors, code, name, message, isAway, retryAfterMs } = each as Readonly<
        Record<string, unknown>
      >;
      // What is shown of them is text.
      for (const shown of [code, name, message, isAway, retryAfterMs]) String(shown);
      each = cause ?? (errors as readonly unknown[] | undefined)?.[0];
    }
    if (!(thrown instanceof Error)) String(thrown);
    return thrown;
  } catch {
    return new Error("the call failed with a value whose properties cannot be read");
  }
}
