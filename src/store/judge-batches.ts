// Batches of a finished revision judged by another policy, beside the verdicts that they have: reads sealed objects, writes nothing.
import type { JudgeRangeInput, VerdictReport } from '../contract/judge.ts';
import type { RefineRow } from '../contract/sealed-rows.ts';
import { invariant } from '../core/assert.ts';
import { VerdictChanges } from '../core/verdict-changes.ts';
import { findPage, readPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { refineObject } from './refined-rows.ts';
import { readPolicy } from './stored-policy.ts';
import { openStored } from './stored-table.ts';
import { REFINED } from './tables.ts';

/** The verdicts that a revision published, or would have where it ended before it judged this batch. */
async function verdictsOf(
  store: ObjectStore,
  input: JudgeRangeInput,
  at: { readonly batchIndex: number; readonly trace: string },
): Promise<readonly RefineRow[]> {
  const { batchIndex, trace } = at;
  const refined = await findPage(store, input, { pass: 'refine', batchIndex });
  if (refined !== null) return await (await openStored(store, REFINED, refined.key)).read();
  return (await refineObject(store, trace, await readPolicy(store, input.jobId, input.before)))
    .rows;
}

/**
 * Holds the verdicts of one batch. Throws AppError `object-missing` where the revision did not trace everything, and
 * `store-*`.
 */
export async function judgeBatches(
  store: ObjectStore,
  input: JudgeRangeInput,
): Promise<VerdictReport> {
  const changes = new VerdictChanges();
  for (let batchIndex = input.from; batchIndex < input.to; batchIndex += 1) {
    const { key } = await readPage(store, input, { pass: 'trace', batchIndex });
    const before = await verdictsOf(store, input, { batchIndex, trace: key });
    const { rows } = await refineObject(store, key, input.policy);
    for (const [index, after] of rows.entries()) {
      const was = before[index];
      invariant(was?.id === after.id, 'verdicts lie at the places of their traces');
      if (after.verdict !== null) changes.add(was, after);
    }
  }
  return changes.report();
}
