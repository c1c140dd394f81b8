// What becomes of functions that stand in a benchmark: dropped with the record that they are, or published with a label.
import { describe, expect, it } from 'vitest';
import type { BenchmarkSpec, ResolvedSpec } from '../../../src/contract/spec.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { whyChain } from '../../../src/store/lookup.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { entriesOf, openRows } from '../../../src/store/set-files.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { runJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const BODY =
  'total = x + 1; other = total * x; several = [other, total, x]; result = several + [1, 2, 3]; return result, several';
const named = (name: string, more: object = {}): FakeRecord => ({
  label: `fake.jsonl:${name}`,
  functions: [{ name, body: `'${name}'; return x`, calls: [`${name}(1)`, `${name}(2)`], ...more }],
});
const records = [
  named('solution', { isItem: 'humaneval.jsonl:17', body: BODY }),
  named('own'),
  // Near to what is dropped, and to each other: the first of them stays.
  named('near', { body: `${BODY}, 0` }),
  named('nearer', { body: `${BODY}, 1` }),
];

const benchmarks = (action: BenchmarkSpec['action']): BenchmarkSpec => ({
  sources: [{ kind: 'humaneval', name: 'humaneval.jsonl', digest: sha256('h'), map: {} }],
  action,
  containment: 0.8,
});

async function published(
  action: BenchmarkSpec['action'],
  more: Partial<ResolvedSpec> = {},
  batchSize = 1,
): Promise<MemoryStore> {
  const store = new MemoryStore();
  const unique = { exact: 'ast', near: { jaccard: 0.7 }, benchmarks: benchmarks(action) } as const;
  await runJob({ store, records, batchSize, spec: { unique, ...more } });
  const { checks } = await verifySet(store, 'fake@v1');
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  return store;
}

async function labels(store: MemoryStore): Promise<Record<string, readonly string[] | null>> {
  const files = { store, manifest: await readSetManifest(store, 'fake@v1') };
  const found: Record<string, readonly string[] | null> = {};
  for (const entry of entriesOf(files, 'traces')) {
    for (const row of await (await openRows(files, entry)).read()) {
      found[row.entry] = row.contaminated_by;
    }
  }
  return found;
}

describe('a function that is an item of a benchmark', () => {
  it('is dropped, counted, and tells of which record', async () => {
    const store = await published('drop');
    const { counts } = await readSetManifest(store, 'fake@v1');
    expect(counts).toMatchObject({
      functionsFound: 4,
      functionsKept: 2,
      functionsDuplicate: 1,
      functionsContaminated: 1,
      inputsDropped: 4,
    });
    expect(counts.byReason).toMatchObject({ 'contaminated-tree': 1, 'duplicate-near': 1 });
    expect(await labels(store)).toEqual({ own: null, near: null });
    const { links } = await whyChain(store, 'fake@v1', 'fake.jsonl:solution');
    expect(links.find(({ unit }) => unit === 'function')).toMatchObject({
      stage: 'unique',
      outcome: 'dropped',
      reasons: ['contaminated-tree'],
      keeper_id: 'humaneval.jsonl:17',
    });
    const card = Buffer.from(await store.get('sets/fake/v1/README.md')).toString();
    expect(card).toContain('duplicates 1, contaminated 1');
  });

  it('is published with a label where the spec says so, whatever the batch size', async () => {
    const store = await published('label');
    expect(await labels(store)).toEqual({ solution: ['tree humaneval.jsonl:17'], own: [] });
    const { counts } = await readSetManifest(store, 'fake@v1');
    expect(counts.functionsContaminated).toBe(0);
    const split = {
      by: 'cluster',
      clusterJaccard: 0.5,
      shares: { test: 0, validation: 0 },
      seed: 1,
    } as const;
    const both = await published('label', { split }, 3);
    expect(await labels(both)).toEqual({ solution: ['tree humaneval.jsonl:17'], own: [] });
  });
});
