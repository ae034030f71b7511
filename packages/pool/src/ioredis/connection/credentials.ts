/** What a dial logs in with. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** Whether the dial goes on without a password where the server has none. @default false */
  readonly isGuess?: boolean;
  /** What else it may be, asked for where the server refuses these; undefined where there is nothing more. */
  readonly next?: () => Promise<Credentials | undefined>;
}

/** Whether a provider of credentials answered with some, or with none. A user name alone logs no user in. */
export function isCredentials(given: unknown): boolean {
  if (given === undefined) return true;
  if (typeof given !== "object" || given === null) return false;
  const { username, password } = given as Record<string, unknown>;
  if (password === undefined) return username === undefined;
  return typeof password === "string" && (username === undefined || typeof username === "string");
}
