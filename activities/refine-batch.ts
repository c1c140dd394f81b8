// The pass refine: a verdict for every row of a trace object, with all reasons; equal traces of one function keep one.
import type { BatchCounts, BatchInput, BatchResult } from '../src/contract/job.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import { refineObject } from '../src/store/refined-rows.ts';
import type { Refined } from '../src/store/refined-rows.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { REFINED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 3;

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
    const refined = await refineObject(store, page.key, rules);
    return { rows: refined.rows, counts: countsOf(refined) };
  });
}
