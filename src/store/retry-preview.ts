// What a retry would run again: counted from the trace objects of the older revision, without running anything.
import type { LedgerPage } from '../contract/job.ts';
import type { RetrySelection } from '../contract/spec.ts';
import { isRetried } from '../core/retry.ts';
import type { FinishedRevision } from './finished-revision.ts';
import { judgedInvocations } from './judged-rows.ts';
import { findPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { readPolicy } from './stored-policy.ts';
import { openStored } from './stored-table.ts';
import { SEALED_TRACES } from './tables.ts';

export interface RetryPreview {
  readonly invocations: number;
  readonly functions: number;
  readonly batches: number;
  /** By outcome; of what faulted, by the code of its fault. */
  readonly byOutcome: Readonly<Record<string, number>>;
}

/** False where the page's own counts say that nothing in it is selected: then its object need not be read. */
function mayHold({ counts }: LedgerPage, selection: RetrySelection): boolean {
  if (selection.reasons.length > 0) return true;
  const wanted = [...selection.outcomes, ...(selection.faulted ? ['invocationsFaulted'] : [])];
  return wanted.some((name) => (counts[name] ?? 0) > 0);
}

/** Throws AppError `store-*`, `object-missing` and `object-damaged`. */
export async function previewRetry(
  store: ObjectStore,
  at: { readonly jobId: string; readonly from: FinishedRevision },
  selection: RetrySelection,
): Promise<RetryPreview> {
  const { from, jobId } = at;
  const policy = await readPolicy(store, jobId, from.spec.policy);
  const page = { jobId, revision: from.revision, planDigest: from.plan.digest };
  const byOutcome: Record<string, number> = {};
  let invocations = 0;
  let functions = 0;
  let batches = 0;
  for (let batchIndex = 0; batchIndex < from.plan.batches; batchIndex += 1) {
    const found = await findPage(store, page, { pass: 'trace', batchIndex });
    if (found === null || !mayHold(found, selection)) continue;
    const file = await openStored(store, SEALED_TRACES, found.key);
    const touched = new Set<string>();
    for await (const { row, reasons } of judgedInvocations(file, policy, ['function_id'])) {
      const { outcome, function_id, fault_code } = row;
      if (!isRetried(selection, { outcome, reasons })) continue;
      const name = fault_code ?? outcome;
      byOutcome[name] = (byOutcome[name] ?? 0) + 1;
      touched.add(function_id);
      invocations += 1;
    }
    functions += touched.size;
    if (touched.size > 0) batches += 1;
  }
  return { invocations, functions, batches, byOutcome };
}
