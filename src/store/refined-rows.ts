// The verdicts on the rows of a trace object by a policy: what the pass refine seals, and what `judge` compares.
import type { OutcomeKind, Reason } from '../contract/outcome.ts';
import type { Policy } from '../contract/policy.ts';
import type { RefineRow, SealedTraceRow } from '../contract/sealed-rows.ts';
import { Keepers } from '../quality/keepers.ts';
import { judge } from '../quality/policy.ts';
import type { ObjectStore } from './object-store.ts';
import { textBytes } from './parquet.ts';
import { openStored } from './stored-table.ts';
import { SEALED_TRACES } from './tables.ts';

/** What decides: two policies of one content and two names give the same verdicts. */
export type Rules = Omit<Policy, 'name'>;
type Judged = Pick<RefineRow, 'verdict' | 'reasons' | 'keeper_id'>;

function verdictOf(row: SealedTraceRow, policy: Rules, keepers: Keepers): Judged {
  if (row.outcome === 'faulted') return { verdict: null, reasons: [], keeper_id: null };
  const outcome: OutcomeKind = row.outcome;
  const reasons: readonly Reason[] = judge(policy, { ...row, outcome });
  if (reasons.length > 0) return { verdict: 'rejected', reasons, keeper_id: null };
  const repeats = keepers.repeats(row);
  switch (repeats.kind) {
    case 'none':
      return { verdict: 'accepted', reasons, keeper_id: null };
    case 'same':
      return { verdict: 'duplicate', reasons: ['duplicate-trace'], keeper_id: repeats.keeper };
    case 'similar':
      return { verdict: 'rejected', reasons: ['similar-trace'], keeper_id: null };
  }
}

export interface Refined {
  readonly rows: readonly RefineRow[];
  /** Text of the rows that will be published, which decides into how many files they go. */
  readonly bytes: Readonly<Record<'accepted' | 'rejected', number>>;
}

/** Holds one row group of traces at a time. */
export async function refineObject(
  store: ObjectStore,
  key: string,
  policy: Rules,
): Promise<Refined> {
  const file = await openStored(store, SEALED_TRACES, key);
  const keepers = new Keepers(policy);
  const rows: RefineRow[] = [];
  const bytes = { accepted: 0, rejected: 0 };
  for await (const chunk of file.chunks()) {
    for (const row of chunk) {
      const { id, function_id, input_id, input_index, outcome, fault_code } = row;
      const judged = verdictOf(row, policy, keepers);
      rows.push({ id, function_id, input_id, input_index, outcome, fault_code, ...judged });
      const { verdict } = judged;
      if (verdict === 'accepted' || verdict === 'rejected') bytes[verdict] += textBytes(row);
    }
  }
  return { rows, bytes };
}
