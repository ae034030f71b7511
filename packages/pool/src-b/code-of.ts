/** The code of an error, for a channel; nothing where there is none. */
export function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? { code: error.code }
    : {};
}
