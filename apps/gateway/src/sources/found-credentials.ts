export interface Credentials {
  readonly username?: string;
  readonly password: string;
  /** Whether only a name says that it is the password: the server may have none. */
  readonly isGuess?: true;
  /** The key of a Secret that a Pod led to. */
  readonly place?: string;
  /** What it may be else, where the server refuses it. */
  readonly next?: () => Promise<Credentials | undefined>;
}

/** Whose password is wanted, and at which port of a Pod. */
export interface Wanted {
  readonly username?: string | undefined;
  readonly port?: number | undefined;
}
