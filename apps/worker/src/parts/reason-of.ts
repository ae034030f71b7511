/**
 * Why a call failed, for people to read. The text of our own errors quotes no body and no URL; of any other only the code or
 * the name is shown.
 */
export function reasonOf(error: unknown): string {
  const { code, name, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === "string") return code.startsWith("FLEET_") ? String(message) : code;
  return typeof name === "string" ? name : typeof error;
}
