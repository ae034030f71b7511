/** The code of an error, and the reason of a dial that failed, for a channel; nothing where there is none. */
export function codeOf(error: unknown): { readonly code?: string; readonly reason?: string } {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return {};
  const { code } = error;
  return "reason" in error && typeof error.reason === "string" ? { code, reason: error.reason } : { code };
}
