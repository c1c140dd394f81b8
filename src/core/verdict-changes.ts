// What another policy makes of the same executions: counted row by row, bounded whatever their number, since reasons come
// from a closed list.
import type { RefineRow } from '../contract/sealed-rows.ts';

type Judged = Pick<RefineRow, 'id' | 'verdict' | 'reasons'>;

export interface VerdictCounts {
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
}

/** `in`: accepted now and not before; `out`: the other way; `changed`: accepted by neither, for other reasons. */
export type VerdictChange = 'in' | 'out' | 'changed';

export interface ChangedVerdict {
  readonly change: VerdictChange;
  /** Of the row. */
  readonly id: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface VerdictReport {
  readonly invocations: number;
  readonly before: VerdictCounts;
  readonly after: VerdictCounts;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly changed: number;
  /** Those that any row has, the most frequent first by what the new policy gives. */
  readonly reasons: readonly {
    readonly reason: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** The first few of each change. */
  readonly examples: readonly ChangedVerdict[];
}

const EXAMPLES_MAX = 3;

class Tally {
  accepted = 0;
  rejected = 0;
  duplicates = 0;
  readonly reasons = new Map<string, number>();

  add({ verdict, reasons }: Judged): void {
    if (verdict === 'accepted') this.accepted += 1;
    else if (verdict === 'rejected') this.rejected += 1;
    else if (verdict === 'duplicate') this.duplicates += 1;
    for (const reason of reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  counts(): VerdictCounts {
    const { accepted, rejected, duplicates } = this;
    return { accepted, rejected, duplicates };
  }
}

function changeOf(before: Judged, after: Judged): VerdictChange | null {
  const was = before.verdict === 'accepted';
  const is = after.verdict === 'accepted';
  if (was !== is) return is ? 'in' : 'out';
  const same = before.verdict === after.verdict && before.reasons.join() === after.reasons.join();
  return same ? null : 'changed';
}

export class VerdictChanges {
  readonly #before = new Tally();
  readonly #after = new Tally();
  readonly #changes: Record<VerdictChange, number> = { in: 0, out: 0, changed: 0 };
  readonly #examples: ChangedVerdict[] = [];
  #invocations = 0;

  /** Of one row that has an outcome. */
  add(before: Judged, after: Judged): void {
    this.#invocations += 1;
    this.#before.add(before);
    this.#after.add(after);
    const change = changeOf(before, after);
    if (change === null) return;
    this.#changes[change] += 1;
    if (this.#changes[change] > EXAMPLES_MAX) return;
    this.#examples.push({ change, id: after.id, before: before.reasons, after: after.reasons });
  }

  report(): VerdictReport {
    const names = new Set([...this.#before.reasons.keys(), ...this.#after.reasons.keys()]);
    const reasons = [...names].map((reason) => ({
      reason,
      before: this.#before.reasons.get(reason) ?? 0,
      after: this.#after.reasons.get(reason) ?? 0,
    }));
    return {
      invocations: this.#invocations,
      before: this.#before.counts(),
      after: this.#after.counts(),
      rowsIn: this.#changes.in,
      rowsOut: this.#changes.out,
      changed: this.#changes.changed,
      reasons: reasons.sort(
        (a, b) => b.after - a.after || b.before - a.before || (a.reason < b.reason ? -1 : 1),
      ),
      examples: this.#examples,
    };
  }
}
