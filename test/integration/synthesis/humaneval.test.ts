// Every reference solution of HumanEval passes its tests in the sandbox, and what the tests call it with becomes its inputs.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyzeRecords } from '../../../activities/analyze-records.ts';
import { ingestRows } from '../../../activities/ingest-rows.ts';
import { probeFunction } from '../../../activities/probe-function.ts';
import type { FunctionPayload } from '../../../src/contract/sealed-rows.ts';
import { readRecords } from '../../../src/corpus/records.ts';
import { forOrigins } from '../../../src/corpus/testing.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import type { ProbeAnswer } from '../../../src/schema/probe.ts';
import { openPool } from '../../support/sandbox-pool.ts';
import { testConfig, testLog } from '../../support/services.ts';

const ORIGINS = ['given', 'test'] as const;
const { signal } = new AbortController();

let pool: SlotPool;
beforeAll(async () => {
  pool = await openPool(`humaneval-test-${randomUUID()}`);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

async function payloads(): Promise<FunctionPayload[]> {
  const file = await readFile(join(testConfig().testData, 'humaneval.jsonl'));
  const source = { kind: 'humaneval', name: 'humaneval.jsonl', map: {} } as const;
  const readings = readRecords(source, file, 0).map((each) => forOrigins(each, ORIGINS));
  const records = readings.flatMap((each) => (each.kind === 'record' ? [each.record] : []));
  const rules = { sourceBytesMax: 20_000, origins: ORIGINS };
  const analyses = await pool.use(
    (slot) => analyzeRecords(records, { slot, rules, signal, onProgress: () => undefined }),
    signal,
  );
  return ingestRows(readings, analyses)
    .filter(({ unit, outcome }) => unit === 'function' && outcome === 'found')
    .map(({ payload }) => JSON.parse(payload ?? '') as FunctionPayload);
}

async function ask(payload: FunctionPayload): Promise<ProbeAnswer> {
  const rules = { keep: 6, candidates: 0, seed: 1, mutants: 0 };
  const probed = await pool.use(
    (slot) =>
      probeFunction(
        { slot, memoryBytes: 256 * 1024 * 1024, signal, log: testLog() },
        { function: payload, inputs: [], rules },
      ),
    signal,
  );
  if (probed.kind === 'lost') throw new Error(`${payload.entry}: ${probed.how}`);
  return probed.answer;
}

it('all 164 pass, and each has inputs of origin test that return', async () => {
  const functions = await payloads();
  expect(functions).toHaveLength(164);
  const failed: string[] = [];
  const without: string[] = [];
  for (const payload of functions) {
    const { tests, inputs } = await ask(payload);
    const at = payload.provenance.path ?? '';
    if (tests?.error !== null) failed.push(`${at}: ${String(tests?.error)}`);
    const isTested = inputs.some(
      ({ origin, outcome }) => origin === 'test' && outcome === 'returned',
    );
    if (!isTested) without.push(at);
    // Arguments that tests compute: no literal of the text says them.
    if (/#HumanEval\/(?:32|38|50)$/.test(at)) expect(inputs.length).toBeGreaterThan(1);
  }
  expect(failed).toEqual([]);
  expect(without).toEqual([]);
});
