// The pass refine: a verdict for every row of a trace object, with all reasons; equal traces of one function keep one.
import type { BatchCounts, BatchInput, BatchResult } from '../src/contract/job.ts';
import type { OutcomeKind, Reason } from '../src/contract/outcome.ts';
import type { Policy } from '../src/contract/policy.ts';
import type { RefineRow, SealedTraceRow } from '../src/contract/sealed-rows.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { Keepers } from '../src/quality/keepers.ts';
import { judge } from '../src/quality/policy.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { textBytes } from '../src/store/parquet.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { openStored } from '../src/store/stored-table.ts';
import { REFINED, SEALED_TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 3;

/** What decides: two policies of one content and two names give the same verdicts. */
type Rules = Omit<Policy, 'name'>;
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

interface Refined {
  readonly rows: readonly RefineRow[];
  /** Text of the rows that will be published, which decides into how many files they go. */
  readonly bytes: Readonly<Record<'accepted' | 'rejected', number>>;
}

function countsOf({ rows, bytes }: Refined): BatchCounts {
  const counts: Record<string, number> = {
    accepted: 0,
    rejected: 0,
    duplicateTraces: 0,
    invocationsFaulted: 0,
    acceptedBytes: bytes.accepted,
    rejectedBytes: bytes.rejected,
  };
  const add = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { outcome, verdict, reasons, fault_code } of rows) {
    if (outcome === 'faulted') add('invocationsFaulted');
    else add(`outcome.${outcome}`);
    if (verdict === 'duplicate') add('duplicateTraces');
    else if (verdict !== null) add(verdict);
    for (const reason of fault_code === null ? reasons : [fault_code]) add(`reason.${reason}`);
  }
  return counts;
}

/** Holds one row group of traces at a time. */
async function refine(store: ObjectStore, key: string, policy: Rules): Promise<Refined> {
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

/** Idempotent: the object is found by the policy and the digest of the trace object. */
export async function refineBatch(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { name: _name, ...rules } = await readPolicy(store, input.jobId, spec.policy);
  const { batchIndex } = input;
  const page = await readPage(store, input, { pass: 'trace', batchIndex });
  const contentKey = contentKeyOf({
    pass: 'refine',
    passVersion: PASS_VERSION,
    specPart: rules,
    environment: null,
    inputDigests: [page.digest],
  });
  return await sealedBatch({ store, input, table: REFINED, contentKey }, async () => {
    const refined = await refine(store, page.key, rules);
    return { rows: refined.rows, counts: countsOf(refined) };
  });
}
