// What another policy makes of the same executions: counted row by row, bounded whatever their number, since reasons come
// from a closed list.
import type {
  ChangedVerdict,
  VerdictChange,
  VerdictCounts,
  VerdictReport,
} from '../contract/judge.ts';
import type { RefineRow } from '../contract/sealed-rows.ts';

type Judged = Pick<RefineRow, 'id' | 'verdict' | 'reasons'>;

const EXAMPLES_MAX = 3;

interface Tallied {
  readonly counts: VerdictCounts;
  readonly reasons: ReadonlyMap<string, number>;
}

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

  get counts(): VerdictCounts {
    const { accepted, rejected, duplicates } = this;
    return { accepted, rejected, duplicates };
  }
}

/** Of every reason that either side has. */
function reasonsOf(before: Tallied, after: Tallied): VerdictReport['reasons'] {
  const names = new Set([...before.reasons.keys(), ...after.reasons.keys()]);
  return [...names]
    .map((reason) => ({
      reason,
      before: before.reasons.get(reason) ?? 0,
      after: after.reasons.get(reason) ?? 0,
    }))
    .sort((a, b) => b.after - a.after || b.before - a.before || (a.reason < b.reason ? -1 : 1));
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
    return {
      invocations: this.#invocations,
      before: this.#before.counts,
      after: this.#after.counts,
      rowsIn: this.#changes.in,
      rowsOut: this.#changes.out,
      changed: this.#changes.changed,
      reasons: reasonsOf(this.#before, this.#after),
      examples: this.#examples,
    };
  }
}

const total = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

function tallied(reports: readonly VerdictReport[], side: 'before' | 'after'): Tallied {
  const reasons = new Map<string, number>();
  for (const { reason, ...counts } of reports.flatMap((report) => report.reasons)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + counts[side]);
  }
  const sum = (name: keyof VerdictCounts): number => total(reports, (each) => each[side][name]);
  const counts = {
    ...{ accepted: sum('accepted'), rejected: sum('rejected'), duplicates: sum('duplicates') },
  };
  return { counts, reasons };
}

/** What reports of parts say of the whole; the parts are in the order of the rows. */
export function addVerdicts(reports: readonly VerdictReport[]): VerdictReport {
  const before = tallied(reports, 'before');
  const after = tallied(reports, 'after');
  const examples = reports.flatMap((report) => report.examples);
  return {
    invocations: total(reports, ({ invocations }) => invocations),
    before: before.counts,
    after: after.counts,
    rowsIn: total(reports, ({ rowsIn }) => rowsIn),
    rowsOut: total(reports, ({ rowsOut }) => rowsOut),
    changed: total(reports, ({ changed }) => changed),
    reasons: reasonsOf(before, after),
    examples: examples.filter(
      ({ change }, at) =>
        examples.slice(0, at).filter((each) => each.change === change).length < EXAMPLES_MAX,
    ),
  };
}
