/** One line of the history of a round; times are performance.now() of the process that keeps it. */
export type HistoryLine =
  /** An id was asked for at the hub; `sent` is when, by the worker: this process may have been too busy to notice. */
  | {
      readonly kind: "fetch";
      readonly at: number;
      readonly sent: number;
      readonly id: string;
      readonly token: number;
      readonly pid: number;
    }
  /** A worker has got work. It tells so after the fact; the word of one that is killed meanwhile is missing. */
  | { readonly kind: "claim"; readonly at: number; readonly token: number; readonly pid: number }
  /** Records came to the sink; those that were there with a higher token were not replaced. */
  | {
      readonly kind: "write";
      readonly at: number;
      readonly ids: readonly string[];
      readonly token: number;
      readonly pid: number;
      readonly refused: readonly string[];
    }
  | { readonly kind: "kill"; readonly at: number; readonly pid: number }
  | { readonly kind: "fault"; readonly at: number; readonly what: string };
