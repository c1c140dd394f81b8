import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { ResolvedSpec } from '../../../src/contract/spec.ts';
import type { PreparedLaunch } from '../../../src/corpus/launch.ts';
import { preparePilot } from '../../../src/corpus/pilot.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { DEFAULT_1 } from '../../../src/quality/policy.ts';
import { SPEC } from '../../support/traced-batch.ts';

function preparedOf(...texts: string[]): PreparedLaunch {
  const corpora = texts.map((text, index) => {
    const body = Buffer.from(text);
    const name = `c${String(index)}.jsonl`;
    const facts = { kind: 'jsonl', name, digest: sha256(body), bytes: body.length } as const;
    return { ...facts, open: () => Readable.from([body]) };
  });
  const corpus = corpora.map(({ kind, name, digest }) => ({ kind, name, digest, map: {} }));
  const resolvedSpec: ResolvedSpec = {
    ...SPEC,
    corpus,
    require: { acceptedMin: 0.9, faultsMax: 0.1 },
  };
  const jobId = sha256('whole') as string as PreparedLaunch['jobId'];
  return {
    resolvedSpec,
    corpusDigest: sha256('c'),
    jobId,
    specKey: 's',
    corpora,
    benchmarks: [],
    policy: DEFAULT_1,
    notify: null,
  };
}

const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `{"n":${String(at)},"pad":"${'x'.repeat(at % 50)}"}`,
  ).join('\n\n');

async function textsOf(pilot: PreparedLaunch): Promise<string[]> {
  const texts: string[] = [];
  for (const corpus of pilot.corpora) {
    const pieces: Uint8Array[] = [];
    for await (const piece of corpus.open()) pieces.push(piece);
    texts.push(Buffer.concat(pieces).toString());
  }
  return texts;
}

it('takes records of every source and length, as corpora of their own', async () => {
  const whole = preparedOf(lines(1_000), lines(200));
  const { prepared, populations, sampled } = await preparePilot(whole, { records: 120, seed: 1 });
  expect(populations).toEqual([250, 250, 250, 250, 50, 50, 50, 50]);
  expect(sampled).toBe(120);
  const texts = await textsOf(prepared);
  const all = new Set(`${lines(1_000)}\n${lines(200)}`.split('\n'));
  expect(texts.map((text) => text.split('\n').length - 1)).toEqual([25, 25, 25, 25, 5, 5, 5, 5]);
  for (const text of texts) {
    for (const line of text.split('\n')) expect(all.has(line)).toBe(true);
  }
  const longest = texts
    .slice(0, 4)
    .map((text) => Math.max(...text.split('\n').map((l) => l.length)));
  expect(longest).toEqual([...longest].sort((a, b) => a - b));
  expect(prepared.resolvedSpec.corpus.map(({ name }) => name).slice(0, 2)).toEqual([
    'c0~1.jsonl',
    'c0~2.jsonl',
  ]);
  expect(prepared.resolvedSpec.require).toEqual({ acceptedMin: null, faultsMax: null });
  expect(prepared.resolvedSpec.output.set).toBe(`${prepared.resolvedSpec.name}@v1`);
  for (const [index, { digest }] of prepared.resolvedSpec.corpus.entries()) {
    expect(digest).toBe(sha256(texts[index] ?? ''));
  }
});

it('is the same job for the same seed, and another for another seed, number or spec', async () => {
  const whole = preparedOf(lines(400));
  const idOf = async (records: number, seed: number, from = whole): Promise<string> =>
    (await preparePilot(from, { records, seed })).prepared.jobId;
  const first = await idOf(50, 1);
  expect(await idOf(50, 1)).toBe(first);
  const other = { ...whole, jobId: sha256('other') as never };
  expect(
    new Set([first, await idOf(50, 2), await idOf(60, 1), await idOf(50, 1, other)]).size,
  ).toBe(4);
});

it('takes all where it asks for more than there are', async () => {
  const { sampled, populations } = await preparePilot(preparedOf(lines(9)), {
    records: 500,
    seed: 1,
  });
  expect({ sampled, populations }).toEqual({ sampled: 9, populations: [9] });
});

it('of nothing there is no sample', async () => {
  await expect(preparePilot(preparedOf('\n \n'), { records: 5, seed: 1 })).rejects.toMatchObject({
    code: 'corpus-empty',
  });
});
