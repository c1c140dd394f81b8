// Training texts of a set: what there is, what was left out and why, and that verify finds what is not so.
import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_FORMATS, PAIR_FORMATS } from '../../../src/contract/text.ts';
import type { BalanceSpec, RenderSpec, TextRow } from '../../../src/contract/text.ts';
import { parsePair } from '../../../src/render/pairs.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { PublishedFile } from '../../../src/store/published-table.ts';
import { jsonBytes } from '../../../src/store/seal.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { TEXT, TRACES } from '../../../src/store/tables.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'sets/fake/v1/';
const TEXT_FILE = 'text/train-00000-of-00001.parquet';
const TRACES_FILE = `${FOLDER}traces/train-00000-of-00001.parquet`;
const NO_BOUNDS: BalanceSpec = { perRepositoryMax: null, raisingMax: null, perFunctionMax: null };

const ALL: readonly RenderSpec[] = EXAMPLE_FORMATS.map((format) => ({
  format,
  context: 8192,
  ...(PAIR_FORMATS.includes(format) ? { pairs: 32, ahead: [1, 2] } : {}),
}));

async function made(render: readonly RenderSpec[], balance = NO_BOUNDS): Promise<MemoryStore> {
  const store = new MemoryStore();
  await runJob({ store, records: RECORDS, batchSize: 3, spec: { render, balance } });
  return store;
}

const textsOf = async (store: MemoryStore): Promise<TextRow[]> =>
  await readTable(TEXT, await store.get(`${FOLDER}${TEXT_FILE}`));

async function factsOf(store: MemoryStore) {
  const { text } = await readSetManifest(store, 'fake@v1');
  if (text === undefined) throw new Error('the set has texts');
  return text;
}

const failures = async (store: MemoryStore) =>
  (await verifySet(store, 'fake@v1')).checks.filter((check) => !check.holds);

let whole: MemoryStore;
beforeAll(async () => {
  whole = await made(ALL);
});

describe('the texts of a set', () => {
  it('are there in every format, counted, and each state is followed by one', async () => {
    const { counts, balance, selfContained, cwm } = await factsOf(whole);
    // Nine accepted traces of three events: three pairs of one direction each, and six texts.
    expect(counts).toEqual({
      traces: 9,
      tracesRendered: 9,
      tracesOverFunctionMax: 0,
      proposed: 108,
      tooLong: 0,
      duplicates: 0,
      overBalance: 0,
      published: 108,
      byFormat: Object.fromEntries(
        EXAMPLE_FORMATS.map((format) => [format, PAIR_FORMATS.includes(format) ? 27 : 9]),
      ),
    });
    expect(balance.every(({ holds }) => holds)).toBe(true);
    expect(selfContained).toEqual({ states: 18, stepsExcused: 0, ambiguous: 0 });
    expect(cwm).toEqual({ returnAfterUnwind: true, exceptionValue: 'class-name' });
    expect(await failures(whole)).toEqual([]);
  });

  it('name their trace, their steps and what is learned', async () => {
    const rows = await textsOf(whole);
    const traces = await readTable(TRACES, await whole.get(TRACES_FILE));
    const ids = new Set(traces.map(({ id }) => id as string));
    expect(rows.every(({ trace_id }) => ids.has(trace_id))).toBe(true);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const row of rows.filter(({ format }) => format === 'dynamic')) {
      const [span] = row.loss_spans;
      const learned = Array.from(row.text).slice(span?.start, span?.end).join('');
      expect(row.text.endsWith(`== after ${String(row.ahead)}\n${learned}`)).toBe(true);
      expect(parsePair(row.text)).toMatchObject({ kind: 'dynamic', ahead: row.ahead });
      expect(row.step_to - row.step_from).toBe(row.ahead);
    }
    expect(rows.find(({ format }) => format === 'inverse')).toMatchObject({
      step_from: 1,
      step_to: 0,
    });
  });

  it('leave out what is longer than its context, and say how many', async () => {
    const { counts } = await factsOf(await made([{ format: 'cwm', context: 40 }]));
    expect(counts).toMatchObject({ proposed: 9, tooLong: 9, published: 0 });
  });

  it('keep to the bounds of balance: of a function, and of calls that raised', async () => {
    const balance = { ...NO_BOUNDS, perFunctionMax: 1, raisingMax: 0 };
    const store = await made([{ format: 'direct', context: 8192 }], balance);
    const { counts } = await factsOf(store);
    expect(counts.tracesOverFunctionMax).toBeGreaterThan(0);
    const rows = await textsOf(store);
    expect(new Set(rows.map(({ function_id }) => function_id)).size).toBe(rows.length);
    expect(rows.some(({ text }) => text.includes('\nraised '))).toBe(false);
    expect(await failures(store)).toEqual([]);
  });

  it('are there with the same bytes where a file of traces has none', async () => {
    const store = new MemoryStore();
    const records = [{ label: 'fake.jsonl:1', reject: 'not-json' }] as const;
    await runJob({ store, records, batchSize: 1, spec: { render: ALL } });
    expect(await textsOf(store)).toEqual([]);
    expect(await failures(store)).toEqual([]);
  });
});

/** A forger's work: rows of the texts changed, and their entry in the manifest made to fit. */
async function forged(change: (rows: TextRow[]) => TextRow[]): Promise<MemoryStore> {
  const store = whole.copy();
  const file = new PublishedFile(TEXT);
  for (const row of change(await textsOf(store))) file.add(row);
  const { body, ...facts } = file.finish();
  const manifest = await readSetManifest(store, 'fake@v1');
  const objects = manifest.objects.map((entry) =>
    entry.key === TEXT_FILE ? { ...entry, ...facts } : entry,
  );
  for (const [key, bytes] of [
    [TEXT_FILE, body],
    ['manifest.json', jsonBytes({ ...manifest, objects })],
  ] as const) {
    await store.delete(`${FOLDER}${key}`);
    await store.putIfAbsent(`${FOLDER}${key}`, bytes);
  }
  return store;
}

describe('verify finds texts', () => {
  it.each([
    ['that say something else', (row: TextRow) => ({ ...row, text: `${row.text} ` })],
    [
      'that learn something else',
      (row: TextRow) => ({ ...row, loss_spans: [{ start: 0, end: 1 }] }),
    ],
    ['of another split', (row: TextRow) => ({ ...row, split: 'test' })],
  ])('%s', async (_what, change) => {
    const store = await forged((rows) => rows.map((row, at) => (at === 5 ? change(row) : row)));
    const [failed] = await failures(store);
    expect(failed?.detail).toMatch(/^row [0-9a-f]{12} is not what its trace gives$/);
    expect(failed?.object).toBe(`${FOLDER}${TEXT_FILE}`);
  });

  it('that are missing, there twice, or of no trace', async () => {
    const [missing] = await failures(await forged((rows) => rows.slice(1)));
    expect(missing?.detail).toBe('counts texts otherwise');
    const twice = await failures(await forged((rows) => [...rows.slice(0, 1), ...rows]));
    expect(twice[0]?.detail).toMatch(/is of no trace that offers it there$/);
  });
});
