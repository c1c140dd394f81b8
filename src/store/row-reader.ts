// Single rows of a table file, by their number.
import type { TableFile } from './table-file.ts';

/** A row group is decoded for each read of it: rows that lie near each other are read together. */
const PIECE_ROWS = 64;

export type RowReader<Row> = (row: number) => Promise<Row | undefined>;

/** Holds the piece that the last row was in. Undefined beyond the end. */
export function rowReader<Row extends object>(file: TableFile<Row>): RowReader<Row> {
  let piece: { readonly from: number; readonly rows: readonly Row[] } | null = null;
  return async (row) => {
    const from = row - (row % PIECE_ROWS);
    if (piece?.from !== from) {
      piece = { from, rows: await file.read({ from, to: from + PIECE_ROWS }) };
    }
    return piece.rows[row - from];
  };
}

export interface Place {
  readonly file: string | null;
  readonly row: number | null;
}

/** The row of each place, null where there is none; every file is opened once. */
export async function rowsAt<Row>(
  places: readonly Place[],
  open: (file: string) => Promise<RowReader<Row>>,
): Promise<(Row | null)[]> {
  const found: (Row | null)[] = places.map(() => null);
  const wanted = places.flatMap(({ file, row }, index) =>
    file === null || row === null ? [] : [{ file, row, index }],
  );
  wanted.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.row - b.row));
  let name: string | null = null;
  let read: RowReader<Row> | null = null;
  for (const { file, row, index } of wanted) {
    if (read === null || name !== file) {
      read = await open(file);
      name = file;
    }
    found[index] = (await read(row)) ?? null;
  }
  return found;
}
