// Twenty rows of every reason: drawn by rank while the ledger is written, so that draws of parts make the draw of the
// whole, and written beside the set as lines of JSON.
import type { LedgerRow, TraceRow } from '../../contract/row.ts';
import { sha256 } from '../../identity/digest.ts';
import { LeastRanked } from '../least-ranked.ts';

/** Enough to see what a reason is about, few enough to read. */
export const EXAMPLES_PER_REASON = 20;

export interface ReasonExample {
  readonly reason: string;
  readonly rank: string;
  readonly link: LedgerRow;
}

/** By a seed; the same link has the same rank wherever it is drawn. */
export function rankOf(link: LedgerRow, seed: number): string {
  const ranked = `${String(seed)} ${link.unit} ${link.id} ${link.parent_id ?? ''}`;
  return sha256(ranked);
}

/** Of each reason of a closed list. */
export class ExampleDraw {
  readonly #byReason = new Map<string, LeastRanked<ReasonExample>>();

  add(link: LedgerRow): void {
    if (link.reasons.length === 0) return;
    const rank = rankOf(link, 1);
    for (const reason of link.reasons) this.addExample({ reason, rank, link });
  }

  /** One that was drawn of a part. */
  addExample(example: ReasonExample): void {
    const drawn = this.#byReason.get(example.reason) ?? new LeastRanked(EXAMPLES_PER_REASON);
    this.#byReason.set(example.reason, drawn);
    drawn.add(example);
  }

  /** Sorted by reason, then rank. */
  finish(): ReasonExample[] {
    return [...this.#byReason]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, drawn]) => drawn.least());
  }
}

/** A published row; its events may be megabytes. */
export type ExampleRow = Omit<TraceRow, 'events'>;

/** An example with its published row, where it has one. */
export interface FoundExample extends ReasonExample {
  readonly row: ExampleRow | null;
}

/** `examples.jsonl`: the events stay in the row that `file` and `row` name. */
export function exampleLines(examples: readonly FoundExample[]): string {
  return examples
    .map(({ reason, link, row }) => {
      const { unit, id, parent_id, stage, outcome, verdict, reasons, keeper_id } = link;
      const place = { file: link.file, row: link.row, origin: link.origin };
      const told = { reason, unit, id, parent_id, stage, outcome, verdict, reasons, keeper_id };
      if (row === null) return `${JSON.stringify({ ...told, ...place, trace: null })}\n`;
      return `${JSON.stringify({ ...told, ...place, trace: row })}\n`;
    })
    .join('');
}
