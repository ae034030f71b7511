import type { Instance } from "@fleet/discovery";

/** What a dial was made with; of secrets only their place. */
export interface Dialed {
  readonly tls?: boolean;
  readonly place?: string | undefined;
}

/** In clear, by TLS, or as its Pod says at each dial. */
export function spokenTo({ tls }: Instance): "clear" | "tls" | "as its Pod says" {
  if (tls === undefined) return "clear";
  return tls.optional === true ? "as its Pod says" : "tls";
}
