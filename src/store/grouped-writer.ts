// A table that is written row by row: whole row groups are compressed as they fill, so that one of them is held.
import { RowGroups, TableWriter } from './parquet.ts';
import type { Table } from './tables.ts';

export class GroupedWriter<Row extends object> {
  readonly #writer: TableWriter<Row>;
  readonly #groups: RowGroups<Row>;

  constructor(table: Table<Row>) {
    this.#writer = new TableWriter(table);
    this.#groups = new RowGroups(table);
  }

  add(row: Row): void {
    this.#append(this.#groups.add(row));
  }

  /** What all rows were appended to; no row is added afterwards. */
  finish(): TableWriter<Row> {
    this.#append(this.#groups.finish());
    return this.#writer;
  }

  #append(group: readonly Row[] | null): void {
    if (group !== null) this.#writer.append(group);
  }
}
