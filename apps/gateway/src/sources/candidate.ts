/** What became of one place where a password or certificates may be; never what they are. */
export interface Candidate {
  readonly reference: string;
  readonly outcome:
    | "exists"
    | "missing"
    | "key missing"
    | "names no password"
    | "speaks no TLS"
    | "forbidden"
    | "failed";
  /** The key of a Secret that a Pod led to. */
  readonly place?: string;
  /** What the error said: the keys of a Secret or the right that is missing, never a value. */
  readonly detail?: string;
}

const outcomes: Readonly<Record<string, Candidate["outcome"]>> = {
  FLEET_DISCOVERY_SECRET_MISSING: "missing",
  FLEET_DISCOVERY_SECRET_KEY_MISSING: "key missing",
  FLEET_DISCOVERY_API_FORBIDDEN: "forbidden",
};

/**
 * Looks at the place that a reference names.
 *
 * @param nothing what it is where it leads to nothing.
 */
export async function tried(
  reference: string,
  look: () => Promise<unknown>,
  nothing: () => Promise<Candidate["outcome"]> = async () => "missing",
): Promise<Candidate> {
  try {
    const found = await look();
    if (found === undefined) return { reference, outcome: await nothing() };
    const { place } = found as { readonly place?: string };
    return { reference, outcome: "exists", ...(place !== undefined && { place }) };
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return { reference, outcome: outcomes[code ?? ""] ?? "failed", detail: message };
  }
}
