// What a batch of a retry is to run: the invocations of the older revision's object that the selection takes up again.
import type { BatchInput, LedgerPage } from '../src/contract/job.ts';
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import type { ResolvedSpec, RetrySpec } from '../src/contract/spec.ts';
import { isRetried } from '../src/core/retry.ts';
import { judgedInvocations } from '../src/store/judged-rows.ts';
import { findPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { openStored } from '../src/store/stored-table.ts';
import type { TableFile } from '../src/store/table-file.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import type { FunctionItems } from './trace-items.ts';

const COLUMNS = ['function_id', 'input_id'] as const;

/** The object of the older revision, and what of it is run again. */
export interface RetriedBatch {
  readonly retry: RetrySpec;
  readonly page: LedgerPage;
  readonly file: TableFile<SealedTraceRow>;
  /** Functions with the selected inputs only; those without are left out. */
  readonly functions: readonly FunctionItems[];
}

/** Null where the spec retries nothing, or the older revision never came to this batch: then all of it runs. */
export async function retriedBatch(
  store: ObjectStore,
  input: BatchInput,
  given: { readonly spec: ResolvedSpec; readonly functions: readonly FunctionItems[] },
): Promise<RetriedBatch | null> {
  const { retry } = given.spec;
  if (retry === undefined) return null;
  const policy = await readPolicy(store, input.jobId, given.spec.policy);
  const { batchIndex } = input;
  const older = { ...input, revision: retry.from };
  const page = await findPage(store, older, { pass: 'trace', batchIndex });
  if (page === null) return null;
  const file = await openStored(store, SEALED_TRACES, page.key);
  const selected = new Set<string>();
  for await (const { row, reasons } of judgedInvocations(file, policy, COLUMNS)) {
    if (isRetried(retry, { outcome: row.outcome, reasons })) {
      selected.add(`${row.function_id}/${row.input_id}`);
    }
  }
  const functions = given.functions
    .map(({ functionId, items }) => ({
      functionId,
      items: items.filter(({ inputId }) => selected.has(`${functionId}/${inputId}`)),
    }))
    .filter(({ items }) => items.length > 0);
  return { retry, page, file, functions };
}
