// The pass publish: each batch writes one file of the set, as planPublish cut it.
import type { BatchInput, BatchResult, StepInput } from '../src/contract/job.ts';
import { invariant } from '../src/core/assert.ts';
import { setPrefix } from '../src/core/keys.ts';
import { sha256 } from '../src/identity/digest.ts';
import { findPage, writePage } from '../src/store/ledger-pages.ts';
import { readLedgerRows } from '../src/store/ledger-rows.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { publishedTable } from '../src/store/published-table.ts';
import { readPublishedRows } from '../src/store/published-rows.ts';
import { partFiles, readPublishPlan } from '../src/store/publish-plan.ts';
import type { PartFile, PublishPlan } from '../src/store/publish-plan.ts';
import { sealObject } from '../src/store/seal.ts';
import { LEDGER, REJECTED, TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';

interface Made {
  readonly body: Uint8Array;
  readonly rows: number;
}

async function makeFile(
  store: ObjectStore,
  at: StepInput & { readonly plan: PublishPlan },
  file: PartFile,
): Promise<Made> {
  const { table } = file;
  if (table === 'ledger') return publishedTable(LEDGER, await readLedgerRows(store, at, file));
  const rows = await readPublishedRows(store, at.plan, { ...file, table });
  return publishedTable(table === 'traces' ? TRACES : REJECTED, rows);
}

/**
 * Writes one file of the set, strictly: the same bytes are success. Throws AppError `shard-conflict` where the file is
 * there with others, as where another job published under this name and version.
 */
export async function publishPart(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { batchIndex } = input;
  const page = await findPage(store, input, input);
  if (page !== null) return { v: 1, batchIndex, how: 'reused', counts: page.counts };
  const plan = await readPublishPlan(store, input);
  const file = partFiles(plan.parts)[batchIndex];
  invariant(file !== undefined, 'a publish batch is one file of the plan');
  const { body, rows } = await makeFile(store, { ...input, plan }, file);
  const key = `${setPrefix(plan.set)}${file.file}`;
  await sealObject(store, key, body);
  const counts = { files: 1, [`${file.table}Rows`]: rows };
  await writePage(store, input, { key, digest: sha256(body), rows, counts });
  return { v: 1, batchIndex, how: 'sealed', counts };
}
