// 800 programs with known answers, from the file as it is published to the rows of a data set.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { TraceRow } from '../../src/contract/row.ts';
import { EXAMPLE_FORMATS } from '../../src/contract/text.ts';
import { dynamicStates, stateText } from '../../src/render/dynamic.ts';
import { parsePair } from '../../src/render/pairs.ts';
import { parseState } from '../../src/render/parse-dynamic.ts';
import type { SetManifest } from '../../src/store/manifest.ts';
import { TEXT, TRACES } from '../../src/store/tables.ts';
import { readTable } from '../../src/store/table-file.ts';
import { cli, cliJson } from '../support/cli.ts';
import { setFolder } from '../support/data-objects.ts';
import { readBackFaults } from '../support/read-back.ts';
import { testServices } from '../support/services.ts';

const BUCKET = 'cruxeval';

interface Program {
  readonly id: string;
  readonly output: string;
}

interface Launched {
  readonly published: {
    readonly set: string;
    readonly counts: { readonly accepted: number; readonly byOutcome: Record<string, number> };
  };
}

async function programs(file: string): Promise<readonly Program[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Program);
}

async function tracesOf(set: string): Promise<readonly TraceRow[]> {
  const file = join(setFolder(BUCKET, set), 'traces', 'train-00000-of-00001.parquet');
  return await readTable(TRACES, await readFile(file));
}

/** Dynamic states that are not read back as they were, and those that were followed by two different ones. */
function dynamicFaults(rows: readonly TraceRow[]): string[] {
  return rows.flatMap((row) => {
    const faults: string[] = [];
    const next = new Map<string, string>();
    let before = '';
    for (const state of dynamicStates(row)) {
      const text = stateText(state);
      const parsed = parseState(text);
      if (parsed.kind === 'refused' || !isDeepStrictEqual(parsed.state, state)) {
        faults.push(`${row.id}: not read back: ${text}`);
      }
      if ((next.get(before) ?? text) !== text) faults.push(`${row.id}: ambiguous: ${before}`);
      next.set(before, text);
      before = text;
    }
    return faults;
  });
}

/** Every format has texts, every pair is read back, and no state of the set is followed by two different ones. */
async function checkTexts(set: string): Promise<void> {
  const folder = setFolder(BUCKET, set);
  const file = join(folder, 'text', 'train-00000-of-00001.parquet');
  const rows = await readTable(TEXT, await readFile(file));
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as SetManifest;
  const { counts, selfContained } = manifest.text ?? expect.unreachable();
  expect(selfContained.ambiguous).toBe(0);
  expect(selfContained.states).toBeGreaterThan(5_000);
  expect(counts.published).toBe(rows.length);
  expect(EXAMPLE_FORMATS.filter((format) => (counts.byFormat[format] ?? 0) < 600)).toEqual([]);
  const pairs = rows.filter(({ ahead }) => ahead > 0);
  const given = pairs.map(({ text, format, loss_spans: [span] }) => {
    return `${format} ${Array.from(text).slice(0, span?.start).join('')}`;
  });
  expect(new Set(given).size).toBe(pairs.length);
  expect(pairs.filter(({ text }) => typeof parsePair(text) === 'string')).toEqual([]);
}

test('all 800 CRUXEval programs return, and each traced value is the literal that the file names', async () => {
  await testServices();
  const file = join(loadConfig().testData, 'cruxeval.jsonl');
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-e2e-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const spec = join(folder, 'spec.json');
  await writeFile(
    spec,
    JSON.stringify({
      specVersion: 1,
      name: 'cruxeval',
      corpus: [{ kind: 'cruxeval', at: file }],
      render: EXAMPLE_FORMATS.map((format) => ({ format })),
    }),
  );
  const { published } = (await cliJson(['launch', spec, '--watch'], {
    env: { TRACEMILL_BUCKET: BUCKET, TRACEMILL_SLOTS: '2' },
  })) as Launched;
  expect(published.counts.byOutcome).toEqual({ returned: 800 });
  expect(published.counts.accepted).toBe(800);

  const rows = await tracesOf(published.set);
  const traced = Object.fromEntries(
    rows.map((row): [string, unknown] => [String(row.path).replace(/^.*#/, ''), row.return_value]),
  );
  // The file's outputs are what `repr` gives, and so are traced literals: one text, one type.
  const known: readonly Program[] = await programs(file);
  expect(traced).toEqual(Object.fromEntries(known.map(({ id, output }) => [id, output])));
  expect(rows.filter((row) => / at 0x[0-9a-f]{6,}/.test(JSON.stringify(row)))).toEqual([]);
  expect(dynamicFaults(rows)).toEqual([]);
  expect(rows.flatMap(readBackFaults)).toEqual([]);
  await checkTexts(published.set);
  const verified = await cli(['verify', published.set], { env: { TRACEMILL_BUCKET: BUCKET } });
  expect(verified.code).toBe(0);
});
