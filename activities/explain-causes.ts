// Why invocations of a job that is about to fail were not accepted: counted over a sample of its batches, with examples.
import type { CauseReport, StepInput } from '../src/contract/job.ts';
import { CauseCount, invocationName } from '../src/core/causes.ts';
import { judgedInvocations } from '../src/store/judged-rows.ts';
import { findPage } from '../src/store/ledger-pages.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { openStored } from '../src/store/stored-table.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** At 250 functions of 6 inputs each, some 36,000 invocations: enough to rank causes, read in about a minute. */
const BATCHES_READ_MAX = 24;

const COLUMNS = ['function_id', 'input_index', 'path', 'qualname'] as const;

/** Reads only; batches that have not been traced are passed over. */
export async function explainCauses(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: StepInput,
  batchesMax = BATCHES_READ_MAX,
): Promise<CauseReport> {
  const store = deps.storeOf(input.bucket);
  const policy = await readPolicy(store, input.jobId, (await loadSpec(store, input)).policy);
  const causes = new CauseCount();
  let read = 0;
  for (let batchIndex = 0; batchIndex < input.planBatchCount; batchIndex += 1) {
    if (read >= batchesMax) break;
    const page = await findPage(store, input, { pass: 'trace', batchIndex });
    if (page === null || page.rows === 0) continue;
    read += 1;
    const file = await openStored(store, SEALED_TRACES, page.key);
    for await (const { row, reasons } of judgedInvocations(file, policy, COLUMNS)) {
      causes.add({ reasons, name: invocationName(row) });
    }
  }
  return causes.report();
}
