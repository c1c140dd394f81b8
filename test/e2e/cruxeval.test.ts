// 800 programs with known answers, from the file as it is published to the rows of a data set.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { TraceRow } from '../../src/contract/row.ts';
import { dynamicStates, stateText } from '../../src/render/dynamic.ts';
import { parseState } from '../../src/render/parse-dynamic.ts';
import { TRACES } from '../../src/store/tables.ts';
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

test('all 800 CRUXEval programs return, and each traced value is the literal that the file names', async () => {
  await testServices();
  const file = join(loadConfig().testData, 'cruxeval.jsonl');
  const { published } = (await cliJson(['launch', '--corpus', `cruxeval:${file}`, '--watch'], {
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
  const verified = await cli(['verify', published.set], { env: { TRACEMILL_BUCKET: BUCKET } });
  expect(verified.code).toBe(0);
});
