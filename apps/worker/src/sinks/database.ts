/** What the sink asks of a Postgres, wherever it lives. */
export interface Database extends AsyncDisposable {
  /** @param signal aborted: the caller does not wait any more, and its query blocks no other. */
  query<Row>(text: string, values?: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]>;
  /** How many queries wait for a connection, as a share of the connections there may be. */
  readonly waiting: number;
}
