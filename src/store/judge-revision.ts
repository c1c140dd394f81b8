// A finished revision judged by another policy, beside the verdicts that it has: reads its sealed objects, writes nothing.
import type { Policy } from '../contract/policy.ts';
import type { RefineRow } from '../contract/sealed-rows.ts';
import { invariant } from '../core/assert.ts';
import { VerdictChanges } from '../core/verdict-changes.ts';
import type { VerdictReport } from '../core/verdict-changes.ts';
import type { FinishedRevision } from './finished-revision.ts';
import { findPage, readPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { refineObject } from './refined-rows.ts';
import { readPolicy } from './stored-policy.ts';
import { openStored } from './stored-table.ts';
import { REFINED } from './tables.ts';

/** The verdicts that a revision published, or would have where it ended before it judged this batch. */
async function verdictsOf(
  store: ObjectStore,
  at: { readonly jobId: string; readonly from: FinishedRevision; readonly batchIndex: number },
  trace: string,
): Promise<readonly RefineRow[]> {
  const { jobId, from, batchIndex } = at;
  const page = { jobId, revision: from.revision, planDigest: from.plan.digest };
  const refined = await findPage(store, page, { pass: 'refine', batchIndex });
  if (refined !== null) return await (await openStored(store, REFINED, refined.key)).read();
  return (await refineObject(store, trace, await readPolicy(store, jobId, from.spec.policy))).rows;
}

/**
 * Holds the verdicts of one batch. Throws AppError `object-missing` where the revision did not trace everything, and
 * `store-*`.
 */
export async function judgeRevision(
  store: ObjectStore,
  at: { readonly jobId: string; readonly from: FinishedRevision },
  policy: Policy,
): Promise<VerdictReport> {
  const { jobId, from } = at;
  const page = { jobId, revision: from.revision, planDigest: from.plan.digest };
  const changes = new VerdictChanges();
  for (let batchIndex = 0; batchIndex < from.plan.batches; batchIndex += 1) {
    const { key } = await readPage(store, page, { pass: 'trace', batchIndex });
    const before = await verdictsOf(store, { ...at, batchIndex }, key);
    const { rows } = await refineObject(store, key, policy);
    for (const [index, after] of rows.entries()) {
      const was = before[index];
      invariant(was?.id === after.id, 'verdicts lie at the places of their traces');
      if (after.verdict !== null) changes.add(was, after);
    }
  }
  return changes.report();
}
