// The history check: what a job was told to be done is there, and there once. Told is what Temporal's history holds as
// the result of a batch; there is the ledger page of the batch and the object that it names, read again byte for byte.
import { expect } from 'vitest';
import type { BatchInput, BatchResult, LedgerPage, PassName } from '../../src/contract/job.ts';
import { sha256 } from '../../src/identity/digest.ts';
import type { ObjectStore } from '../../src/store/object-store.ts';
import { readPage } from '../../src/store/ledger-pages.ts';
import type { Client } from './rig.ts';

export interface Acknowledged {
  readonly input: BatchInput;
  /** Of the attempt that was heard. */
  readonly attempt: number;
  readonly result: BatchResult;
}

interface Payloads {
  readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null;
}

function firstOf(given: Payloads | null | undefined): unknown {
  const data = given?.payloads?.[0]?.data;
  return data == null ? null : (JSON.parse(Buffer.from(data).toString('utf8')) as unknown);
}

function isBatch(input: unknown): input is BatchInput {
  return typeof input === 'object' && input !== null && 'batchIndex' in input;
}

/** Every batch whose end the workflow was told of, with the attempt that ended it. */
export async function acknowledgedBatches(
  client: Client,
  workflowId: string,
): Promise<Acknowledged[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const inputs = new Map<string, BatchInput>();
  const attempts = new Map<string, number>();
  const found: Acknowledged[] = [];
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const input = firstOf(scheduled?.input);
    if (isBatch(input)) inputs.set(String(event.eventId), input);
    const started = event.activityTaskStartedEventAttributes;
    if (started != null) attempts.set(String(started.scheduledEventId), started.attempt ?? 0);
    const completed = event.activityTaskCompletedEventAttributes;
    const id = String(completed?.scheduledEventId);
    const of = inputs.get(id);
    if (completed == null || of === undefined) continue;
    const result = firstOf(completed.result) as BatchResult;
    found.push({ input: of, attempt: attempts.get(id) ?? 0, result });
  }
  return found;
}

const nameOf = (pass: PassName, batchIndex: number): string => `${pass} ${String(batchIndex)}`;

/** Every acknowledged batch has its page and object; no page is without one; no batch was acknowledged twice. */
export async function expectAcknowledgedIsPresent(
  acknowledged: readonly Acknowledged[],
  store: ObjectStore,
): Promise<void> {
  const told = acknowledged.filter(({ result }) => result.how !== 'yielded');
  const names = told.map(({ input }) => nameOf(input.pass, input.batchIndex));
  expect(names).toEqual([...new Set(names)]);
  for (const { input, result } of told) {
    const page = await readPage(store, input, input);
    // The answer may say more than the object holds, for the pace of the pass.
    expect(result.counts).toMatchObject(page.counts);
    expect({ key: page.key, digest: sha256(await store.get(page.key)) }).toEqual({
      key: page.key,
      digest: page.digest,
    });
  }
  expect(await pageNames(store, told[0]?.input.jobId ?? '')).toEqual([...names].sort());
}

/** The pages that lie in the store, as the batches that they are of. */
async function pageNames(store: ObjectStore, jobId: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(`jobs/${jobId}/ledger-pages/`)) {
    const page = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as LedgerPage;
    names.push(nameOf(page.pass, page.batchIndex));
  }
  return names.sort();
}
