// A file of rows that other people wrote: any columns, read some rows at a time.

export type JsonRow = Readonly<Record<string, unknown>>;

export interface RowFile {
  readonly columns: readonly string[];
  readonly rows: number;
  /** Rows as plain JSON values; of other columns nothing is read. */
  read(columns: readonly string[]): AsyncIterable<readonly JsonRow[]>;
}
