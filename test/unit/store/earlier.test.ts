// A set that is made against an earlier one: nothing is repeated, and the splits of before stay where they are.
import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerRow, TraceRow } from '../../../src/contract/row.ts';
import type { ResolvedSpec } from '../../../src/contract/spec.ts';
import type { SplitSpec } from '../../../src/contract/split.ts';
import { functionIdOf, sha256 } from '../../../src/identity/digest.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { entriesOf, openLedger, openRows } from '../../../src/store/set-files.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { SPEC, runJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { randomWords, variantOf } from '../unique/near-texts.ts';

const SPLIT: SplitSpec = {
  by: 'repository',
  clusterJaccard: 0.4,
  shares: { test: 0.25, validation: 0 },
  seed: 3,
};
const UNIQUE = { exact: 'ast', near: { jaccard: 0.7 } } as const;
const words = (index: number): string[] => randomWords(60, index);
const bodyOf = (text: readonly string[]): string => `label = '${text.join(' ')}'; return x, label`;

interface Made {
  readonly name: string;
  readonly text: readonly string[];
  readonly repository: string | null;
  readonly tree?: string;
}

function recordOf({ name, text, repository, tree }: Made, index: number): FakeRecord {
  const made = { name, body: bodyOf(text), calls: [`${name}(1)`, `${name}(2)`] };
  return {
    label: `fake.jsonl:${String(index + 1)}`,
    functions: [
      {
        ...made,
        ...(repository === null ? {} : { repository }),
        ...(tree === undefined ? {} : { tree }),
      },
    ],
  };
}

const old = (index: number): Made => ({
  name: `old${String(index)}`,
  text: words(index),
  repository: `repository-${String(index)}`,
});
const sourceOf = ({ name, text }: Made): string => `def ${name}(x):\n    ${bodyOf(text)}\n`;

async function rowsOf(store: MemoryStore, set: string): Promise<TraceRow[]> {
  const files = { store, manifest: await readSetManifest(store, set) };
  const rows: TraceRow[] = [];
  for (const entry of entriesOf(files, 'traces')) {
    rows.push(...(await (await openRows(files, entry)).read()));
  }
  return rows;
}

async function functionsOf(store: MemoryStore, set: string): Promise<LedgerRow[]> {
  const files = { store, manifest: await readSetManifest(store, set) };
  const rows: LedgerRow[] = [];
  for (const entry of entriesOf(files, 'ledger')) {
    rows.push(...(await (await openLedger(files, entry)).read()));
  }
  return rows.filter(({ unit }) => unit === 'function');
}

const base = new MemoryStore();
/** Functions of the earlier set that it holds out, and that it does not. */
let held: number[];
let trained: number[];

beforeAll(async () => {
  const records = Array.from({ length: 16 }, (_, index) => recordOf(old(index), index));
  await runJob({ store: base, records, batchSize: 5, spec: { unique: UNIQUE, split: SPLIT } });
  const splitOf = new Map((await rowsOf(base, 'fake@v1')).map((row) => [row.entry, row.split]));
  const all = Array.from({ length: 16 }, (_, index) => index);
  held = all.filter((index) => splitOf.get(`old${String(index)}`) === 'test');
  trained = all.filter((index) => splitOf.get(`old${String(index)}`) === 'train');
});

/** Functions that repeat, join or bridge what the earlier set has, and one of its own. */
function newer(): Made[] {
  const [a = 0, b = 0, c = 0] = trained;
  const [t = 0, u = 0] = held;
  const alike = (index: number, changes: number): string[] =>
    variantOf(words(index), changes, index + 50);
  return [
    old(a),
    { name: 'renamed', text: ['other'], repository: null, tree: sourceOf(old(b)) },
    { name: 'near', text: alike(c, 1), repository: null },
    { name: 'neighbour', text: words(101), repository: `repository-${String(t)}` },
    { name: 'cousin', text: alike(a, 4), repository: null },
    { name: 'bridge', text: [...words(b), ...words(u)], repository: null },
    { name: 'fresh', text: words(102), repository: 'fresh' },
  ];
}

async function made(batchSize: number, more: Partial<ResolvedSpec> = {}): Promise<MemoryStore> {
  const store = base.copy();
  const spec = {
    unique: { ...UNIQUE, against: ['fake@v1'] },
    split: SPLIT,
    output: { ...SPEC.output, set: 'next@v1' },
    ...more,
  };
  const jobId = sha256('the next job');
  await runJob({ store, records: newer().map(recordOf), batchSize, jobId, spec });
  const { checks } = await verifySet(store, 'next@v1');
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  return store;
}

describe('a set against an earlier one', () => {
  it('repeats no function of it, and says which one was there', async () => {
    const store = await made(3);
    const functions = await functionsOf(store, 'next@v1');
    const [a = 0, b = 0, c = 0] = trained;
    const idOf = (of: Made): string => functionIdOf('source', sourceOf(of), of.name);
    const fate = (of: Made) => {
      const row = functions.find(({ id }) => id === idOf(of));
      return [row?.outcome, row?.reasons, row?.keeper_id];
    };
    const [repeated, renamed, near] = newer();
    expect([repeated, renamed, near].map((of) => of && fate(of))).toEqual([
      ['dropped', ['earlier-source'], idOf(old(a))],
      ['dropped', ['earlier-ast'], idOf(old(b))],
      ['dropped', ['earlier-near'], idOf(old(c))],
    ]);
    const { counts } = await readSetManifest(store, 'next@v1');
    expect(counts).toMatchObject({ functionsFound: 7, functionsKept: 4, functionsDuplicate: 3 });
  });

  it('takes splits and clusters from it, and where it has two the one that is held out', async () => {
    const store = await made(3);
    const rows = new Map((await rowsOf(store, 'next@v1')).map((row) => [row.entry, row]));
    const before = new Map((await rowsOf(base, 'fake@v1')).map((row) => [row.entry, row]));
    expect([...rows.keys()].sort()).toEqual(['bridge', 'cousin', 'fresh', 'neighbour']);
    expect(rows.get('neighbour')?.split).toBe('test');
    expect(rows.get('cousin')?.split).toBe('train');
    const [a = 0] = trained;
    expect(rows.get('cousin')?.cluster_id).toBe(before.get(`old${String(a)}`)?.cluster_id);
    expect(rows.get('bridge')?.split).toBe('test');
    const { splits } = await readSetManifest(store, 'next@v1');
    expect(splits?.earlier).toEqual({ functions: 16, joined: 3, conflicting: 1 });
  });

  it('has the same bytes for every batch size', async () => {
    const objects = async (store: MemoryStore) => {
      const found = new Map<string, string>();
      for await (const { key } of store.list('sets/next/v1/')) {
        if (key.endsWith('manifest.json')) continue;
        found.set(key, Buffer.from(await store.get(key)).toString('base64'));
      }
      return found;
    };
    expect(await objects(await made(1))).toEqual(await objects(await made(100)));
  });

  it('repeats nothing exactly where near duplicates are not looked for', async () => {
    const store = await made(3, {
      unique: { exact: 'source', near: null, against: ['fake@v1'] },
    });
    const reasons = (await functionsOf(store, 'next@v1')).flatMap((row) => row.reasons);
    expect(reasons).toEqual(['earlier-source']);
  });
});
