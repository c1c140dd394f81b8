// The pass probe over a store in memory and a scripted sandbox: a lost or draining worker costs a few functions only.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { probeBatch } from '../../../activities/probe-batch.ts';
import type { BatchInput, BatchResult } from '../../../src/contract/job.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { AppError } from '../../../src/errors.ts';
import { NO_METRICS } from '../../../src/metrics/port.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { testLog } from '../../support/services.ts';
import { addJob, batchInput, scriptedPool, SPEC } from '../../support/traced-batch.ts';

const FUNCTIONS = 60;
const JOB = sha256('probed job');
const SPEC_PROBED = {
  ...SPEC,
  inputs: { ...SPEC.inputs, from: ['given', 'fuzz'] as const, fuzz: { candidates: 9, seed: 1 } },
};

async function storeOfJob(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const functions = Array.from({ length: FUNCTIONS }, (_, at) => ({
    source: `def f(x):  # ${String(at)}\n    return x\n`,
    calls: [],
  }));
  await addJob(store, JOB, [functions], SPEC_PROBED);
  return store;
}

const answer = {
  ...{ v: 1, reason: null, failed: [], fuel: 1, line_coverage: 1, branch_coverage: null },
  ...{ mutants: null, missed: null, offered: [], tests: null, tally: null },
  inputs: [
    {
      ...{ index: null, setup: '', call: 'f(1)', origin: 'fuzz', outcome: 'returned' },
      ...{ canonical_setup: '', canonical_call: 'f(1)', labels: [] },
      ...{ slice_verified: null, slice_differs: null },
    },
  ],
};

/** `onProbe` is told how many were asked before. */
async function run(
  store: MemoryStore,
  onProbe: (asked: number) => void = () => undefined,
  drain: AbortSignal = new AbortController().signal,
): Promise<{ readonly asked: number; readonly result: BatchResult }> {
  let asked = 0;
  const slot = {
    ...{
      trace: () => Promise.reject(new Error('none')),
      confirm: () => Promise.reject(new Error()),
    },
    analyze: () => Promise.reject(new Error('none')),
    serving: () => 1,
    probe: () =>
      Promise.resolve().then(() => {
        onProbe(asked);
        asked += 1;
        return { answer, last: 3, how: 'exit 0' };
      }),
  };
  const pool = {
    ...scriptedPool(() => ({})),
    use: <T>(work: (given: typeof slot) => T) => work(slot),
  };
  const deps: ActivityDeps = {
    ...{ storeOf: () => store, pool, llm: null, metrics: NO_METRICS, limitsMax: DEFAULT_LIMITS },
    ...{ log: testLog().child({}, { level: 'silent' }), drain, sandboxImage: null },
  };
  const activity = (input: BatchInput): Promise<BatchResult> => probeBatch(deps, input);
  const environment = new MockActivityEnvironment(undefined, {
    logger: new DefaultLogger('ERROR'),
  });
  try {
    const input = batchInput('probe', 0, 1, JOB);
    const result = await environment.run<[BatchInput], BatchResult, typeof activity>(
      activity,
      input,
    );
    return { asked, result };
  } catch (error) {
    throw Object.assign(error as Error, { asked });
  }
}

it('what a lost worker had made durable is adopted, and the object is the same', async () => {
  const calm = await storeOfJob();
  const whole = await run(calm);
  expect(whole).toMatchObject({ asked: FUNCTIONS, result: { how: 'sealed' } });
  const store = await storeOfJob();
  const lost = run(store, (asked) => {
    if (asked === 57) throw new AppError('docker-unreachable', 'gone', { retryable: true });
  });
  await expect(lost).rejects.toMatchObject({ code: 'docker-unreachable', asked: 57 });
  const rest = await run(store);
  expect(rest.asked).toBe(FUNCTIONS - 50);
  expect(rest.result).toEqual(whole.result);
  const objects = async (of: MemoryStore): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of of.list('content/probe/')) keys.push(key);
    return keys;
  };
  const [key = ''] = await objects(store);
  expect(await objects(calm)).toEqual([key]);
  expect(Buffer.compare(await store.get(key), await calm.get(key))).toBe(0);
});

it('a worker that drains keeps what it has done', async () => {
  const store = await storeOfJob();
  const stop = new AbortController();
  const first = await run(
    store,
    (asked) => {
      if (asked === 30) stop.abort();
    },
    stop.signal,
  );
  expect(first).toMatchObject({ asked: 31, result: { how: 'yielded' } });
  const second = await run(store);
  expect(second).toMatchObject({ asked: FUNCTIONS - 31, result: { how: 'sealed' } });
  expect(second.result.counts).toMatchObject({ functionsProbed: FUNCTIONS, inputsKept: FUNCTIONS });
});
