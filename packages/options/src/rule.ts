/** How an option is read where it can only be written as text: in a variable, or on a command line. */
export type Kind =
  | "number"
  | "text"
  | "boolean"
  /** Several texts. */
  | "list"
  /** Options in an option. */
  | "record"
  /** Only code can give it: a function, a clock, a strategy. */
  | "object";

/** What an option must be. */
export interface Rule {
  /** Ends the sentence that begins "<option> must be". */
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  readonly kind: Kind;
  /** What holds where the option is left out. @default nothing, or what the option's docstring says */
  readonly default?: unknown;
  readonly required?: true;
  /** Its value may hold a secret and is not shown. */
  readonly secret?: true;
  /** Of an option that is a record of options: their rules. */
  readonly options?: Rules;
}

/** The rule of every option: a table that misses one, or has one too many, does not compile. */
export type Rules<Options = Readonly<Record<string, unknown>>> = {
  readonly [Option in keyof Options]-?: Rule;
};
