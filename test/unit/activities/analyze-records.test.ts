// Analysis in bounded requests, against a sandbox that follows a script.
import { expect, test } from 'vitest';
import { analyzeRecords } from '../../../activities/analyze-records.ts';
import type { AnalysisRun } from '../../../activities/analyze-records.ts';
import { AppError } from '../../../src/errors.ts';
import type { SandboxSlot } from '../../../src/sandbox/port.ts';
import type { CorpusRecord } from '../../../src/schema/corpus-record.ts';
import { rejectedBy } from '../../support/thrown.ts';

interface Asked {
  readonly records: readonly { readonly id: number; readonly source: string }[];
}

function record(source: string, index = 0): CorpusRecord {
  return {
    index,
    kind: 'source',
    source,
    module: null,
    extract: false,
    entry: 'f',
    inputs: [],
    doctests: true,
    provenance: {
      label: `a.jsonl:${String(index + 1)}`,
      repository: null,
      path: null,
      commit: null,
      license: null,
      licenseSource: null,
    },
  };
}

/** A sandbox whose child dies of any text that `kills` accepts. */
function slotThat(kills: (source: string) => boolean): { slot: SandboxSlot; asked: Asked[] } {
  const asked: Asked[] = [];
  const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const analyze = (request: unknown): Promise<unknown> => {
    const { records } = request as Asked;
    asked.push({ records });
    if (records.some(({ source }) => kills(source))) {
      return Promise.reject(new AppError('sandbox-died', 'the child died', { retryable: true }));
    }
    const answers = records.map(({ id, source }) => ({
      id,
      reject: source === 'bad' ? 'syntax-error' : null,
      functions: [],
      module: null,
    }));
    return Promise.resolve({ v: 1, records: answers });
  };
  return {
    slot: { trace: unused, confirm: unused, analyze, probe: unused, serving: () => 1 },
    asked,
  };
}

function run(slot: SandboxSlot): AnalysisRun {
  return {
    slot,
    rules: { sourceBytesMax: 20_000, origins: ['given', 'doctest'] },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
}

test('records are analysed in order, in requests of bounded size', async () => {
  const { slot, asked } = slotThat(() => false);
  const records = Array.from({ length: 200 }, (_, index) => record('x'.repeat(20_000), index));
  const analyses = await analyzeRecords(records, run(slot));
  expect(analyses.map((each) => each.record.index)).toEqual(records.map(({ index }) => index));
  expect(asked.length).toBeGreaterThan(4);
  for (const { records: some } of asked) expect(some.length).toBeLessThanOrEqual(26);
});

test('a text that kills the child costs itself only', async () => {
  const { slot } = slotThat((source) => source === 'bomb');
  const records = ['a', 'b', 'bomb', 'bad', 'c', 'd'].map(record);
  const analyses = await analyzeRecords(records, run(slot));
  expect(analyses.map((each) => (each.kind === 'rejected' ? each.reason : 'parsed'))).toEqual([
    'parsed',
    'parsed',
    'syntax-error',
    'syntax-error',
    'parsed',
    'parsed',
  ]);
});

test('a sandbox that answers nobody is a fault and rejects no record', async () => {
  const { slot } = slotThat(() => true);
  const error = await rejectedBy(analyzeRecords(['a', 'b', 'c'].map(record), run(slot)));
  expect(error).toMatchObject({ code: 'sandbox-died', retryable: true });
});

test.each<[string, unknown]>([
  ['no JSON object', null],
  ['too few records', { v: 1, records: [] }],
  ['another record', { v: 1, records: [{ id: 5, reject: null, functions: [], module: null }] }],
  [
    'an unknown reason',
    { v: 1, records: [{ id: 0, reject: 'ugly', functions: [], module: null }] },
  ],
  ['an unknown key', { v: 1, records: [], more: 1 }],
])('an answer with %s is a wire violation', async (_what, answer) => {
  const { slot } = slotThat(() => false);
  const lying = {
    ...slot,
    probe: () => Promise.reject(new Error('nothing is searched here')),
    analyze: () => Promise.resolve(answer),
  };
  const error = await rejectedBy(analyzeRecords([record('a')], run(lying)));
  expect(error).toMatchObject({ code: 'wire-violation' });
});
