/** One request, sent over and over. */
export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a load generator counted. */
export interface LoadCount {
  /** Answers of all kinds. */
  readonly answers: number;
  /** Those of them that were no success, and requests that got none. */
  readonly failures: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A load generator: a closed loop over `connections` kept alive, from one thread. */
export interface LoadGenerator {
  /** For the machine's facts. */
  readonly fact: string;
  run(
    request: HttpRequest,
    options: { readonly roundMs: number; readonly signal: AbortSignal },
  ): Promise<LoadCount>;
}

/** How many connections a load generator keeps busy. */
export const connections = 32;

/** Load generators count in whole seconds. */
export function wholeSeconds(roundMs: number): number {
  return Math.max(1, Math.round(roundMs / 1000));
}
