// The pass match of fake jobs, whose records say which of their functions are items of a benchmark.
import type { FunctionPayload, MatchRow } from '../../src/contract/sealed-rows.ts';
import { canonicalJson, contentKeyOf } from '../../src/identity/digest.ts';
import { readPage } from '../../src/store/ledger-pages.ts';
import { sealedBatch } from '../../src/store/sealed-batch.ts';
import { openStored } from '../../src/store/stored-table.ts';
import { INGEST, MATCHED } from '../../src/store/tables.ts';
import type { FakeRecord } from './fake-corpus.ts';
import type { PreparedJob } from './fake-job.ts';

/** Seals what the pass match would find, from the functions that are said to be items. */
export async function fakeMatch(at: PreparedJob, records: readonly FakeRecord[]): Promise<void> {
  const store = at.deps.storeOf();
  const items = new Map(
    records.flatMap(({ label, functions = [] }) =>
      functions.map(({ name, isItem }) => [`${label} ${name}`, isItem] as const),
    ),
  );
  for (let batchIndex = 0; batchIndex < at.planBatchCount; batchIndex += 1) {
    const { key } = await readPage(store, at, { pass: 'ingest', batchIndex });
    const found = await (await openStored(store, INGEST, key)).read();
    const rows = found.flatMap(({ unit, parent_id, payload }, ingest_row): MatchRow[] => {
      if (unit !== 'function' || payload === null) return [];
      const { entry } = JSON.parse(payload) as FunctionPayload;
      const item = items.get(`${parent_id ?? ''} ${entry}`);
      if (item === undefined) return [];
      return [{ ingest_row, item, rule: 'tree', shared: 20, total: 20 }];
    });
    const contentKey = contentKeyOf({
      pass: 'match',
      passVersion: 1,
      specPart: null,
      environment: null,
      inputDigests: [canonicalJson(rows), String(batchIndex)],
    });
    const input = { ...at, pass: 'match', batchIndex } as const;
    await sealedBatch({ store, input, table: MATCHED, contentKey }, () =>
      Promise.resolve({ rows, counts: {} }),
    );
  }
}
