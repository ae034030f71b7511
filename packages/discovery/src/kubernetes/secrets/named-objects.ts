/** Whether it is a Secret: its values are text, in base64. */
export function isSecret(answer: unknown): boolean {
  if (!isRecord(answer)) return false;
  const { kind, data } = answer;
  if (data === undefined || data === null) return kind === "Secret";
  return (
    isOf("Secret", kind) && isRecord(data) && Object.values(data).every((value) => typeof value === "string")
  );
}

/** Whether it is a Pod. */
export function isPod(answer: unknown): boolean {
  if (!isRecord(answer)) return false;
  const { kind, spec } = answer;
  if (spec === undefined) return kind === "Pod" || Object.keys(answer).length === 0;
  return isOf("Pod", kind) && isRecord(spec);
}

/** A server says the kind with every object that it is asked for by name. */
function isOf(expected: string, kind: unknown): boolean {
  return kind === undefined || kind === expected;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
