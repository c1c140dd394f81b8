// How a published table is cut into files: by its rows, by their texts and by the prefix of function_id, never by how
// the job was batched.

/** About 30 KB a row on average, so 4,096 rows are some 120 MB of text and a tenth of that in the file. */
export const TRACE_ROWS_PER_PART = 4_096;
/** Rows with long traces make more files of fewer rows: two full row groups. */
export const TRACE_BYTES_PER_PART = 128 * 1024 * 1024;
/** A ledger row is some 300 bytes. */
export const LEDGER_ROWS_PER_PART = 131_072;
/** Sixteen bits of a digest; file names have five digits. */
const PARTS_MAX = 65_536;

/** The smallest power of two that gives parts of at most `perPart` of an amount on average; at least one part. */
export function partCount(amount: number, perPart: number): number {
  let parts = 1;
  while (amount > parts * perPart && parts < PARTS_MAX) parts *= 2;
  return parts;
}

export interface IdRange {
  /** Inclusive lower bound of ids in lower-case hex. */
  readonly from: string;
  /** Exclusive upper bound; null has no end. */
  readonly to: string | null;
}

/** The ids of one part of a power of two of parts. */
export function rangeOfPart(part: number, parts: number): IdRange {
  const width = PARTS_MAX / parts;
  const bound = (at: number): string => (at * width).toString(16).padStart(4, '0');
  return { from: bound(part), to: part + 1 < parts ? bound(part + 1) : null };
}

/** The part that an id (64 hex digits) belongs to. */
export function partOfId(id: string, parts: number): number {
  return Math.floor(Number.parseInt(id.slice(0, 4), 16) / (PARTS_MAX / parts));
}

export function isInRange(id: string, range: IdRange): boolean {
  return id >= range.from && (range.to === null || id < range.to);
}
