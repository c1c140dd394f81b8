// Runs each scenario on a real server with fake activities and keeps its history for test/replay/replay.test.ts. Until the
// first release a changed workflow records them anew; from then on it is patched, and old histories stay.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { JobActivities } from '../../src/contract/activities.ts';
import type { BatchInput, BatchResult, CauseReport, JobInput } from '../../src/contract/job.ts';
import type { JudgeInput, VerdictReport } from '../../src/contract/judge.ts';
import type { ReplayInput } from '../../src/contract/replay.ts';
import { DEFAULT_1 } from '../../src/quality/policy.ts';
import { fakeJob, gate, sealed, untilCancelled } from '../support/fake-activities.ts';
import type { FakeBatch } from '../support/fake-activities.ts';
import { historyToText } from '../support/history-json.ts';
import { killerBatch } from '../support/killer-batch.ts';
import { bundleHasty, jobInput, startTemporal, withWorkers } from '../support/temporal-server.ts';
import type { TemporalServer } from '../support/temporal-server.ts';

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Scenario {
  readonly name: string;
  readonly input?: Partial<JobInput>;
  readonly onBatch?: FakeBatch;
  readonly causes?: CauseReport;
  readonly gatherCount?: number;
  /** Instead of the server's. */
  readonly bundle?: string;
  readonly steer?: (handle: WorkflowHandle) => Promise<void>;
  /** The history of this lane of ingest is kept too. */
  readonly lane?: number;
}

async function keep(name: string, handle: WorkflowHandle): Promise<void> {
  const path = new URL(`histories/0.1.0-${name}.json`, import.meta.url);
  await writeFile(fileURLToPath(path), historyToText(await handle.fetchHistory()));
}

/** Another workflow of the bundle, from its start to its end. */
async function recordOther(
  name: string,
  { workflow, input, fakes }: { workflow: string; input: object; fakes: Partial<JobActivities> },
): Promise<void> {
  const queuePrefix = `replay-${name}-`;
  const activities = { ...fakeJob({ batchCount: 0 }).activities, ...fakes };
  await withWorkers(server, { queuePrefix, activities }, async () => {
    const handle = await server.client.workflow.start(workflow, {
      taskQueue: `${queuePrefix}job`,
      workflowId: `replay-${randomUUID()}`,
      args: [{ ...input, queuePrefix }],
    });
    await handle.result().catch(() => undefined);
    await keep(name, handle);
  });
}

async function record(scenario: Scenario): Promise<void> {
  const input = jobInput({ queuePrefix: `replay-${scenario.name}-`, ...scenario.input });
  const job = fakeJob({
    batchCount: 6,
    ...(scenario.onBatch === undefined ? {} : { onBatch: scenario.onBatch }),
    ...(scenario.gatherCount === undefined ? {} : { gatherCount: scenario.gatherCount }),
    ...(scenario.causes === undefined ? {} : { causes: scenario.causes }),
  });
  const { bundle } = scenario;
  const { queuePrefix } = input;
  await withWorkers(
    server,
    {
      queuePrefix,
      activities: job.activities,
      ...(bundle === undefined ? {} : { bundle }),
    },
    async () => {
      const handle = await server.client.workflow.start('traceJob', {
        taskQueue: `${queuePrefix}job`,
        workflowId: `replay-${randomUUID()}`,
        args: [input],
      });
      await scenario.steer?.(handle);
      await handle.result().catch(() => undefined);
      const { workflowId, firstExecutionRunId } = handle;
      await keep(scenario.name, server.client.workflow.getHandle(workflowId, firstExecutionRunId));
      if (scenario.lane === undefined) return;
      const lane = `${workflowId}/lanes/1/ingest/${String(scenario.lane)}`;
      await keep(`${scenario.name}-lane`, server.client.workflow.getHandle(lane));
    },
  );
}

it('calm', () => record({ name: 'calm', input: { dispatchSeed: 3, window: 3 } }));

it('continued as new', () =>
  record({ name: 'continued-as-new', input: { historyEventsMax: 20, window: 2 } }));

/** Paused with its first batches in flight, given another window, and resumed. */
function widenedTo(window: number): Pick<Scenario, 'onBatch' | 'steer'> {
  const held = gate();
  return {
    onBatch: async (input) => {
      await held.opened;
      return sealed(input);
    },
    steer: async (handle) => {
      await handle.executeUpdate('pause');
      await handle.executeUpdate('setWindow', { args: [{ window }] });
      held.open();
      await handle.executeUpdate('resume');
    },
  };
}

/** Cancelled as soon as a batch has begun. */
function cancelledOnceBegun(): Pick<Scenario, 'onBatch' | 'steer'> {
  const begun = gate();
  return {
    onBatch: () => {
      begun.open();
      return untilCancelled();
    },
    steer: async (handle) => {
      await begun.opened;
      await handle.cancel();
    },
  };
}

const LANES = { input: { laneBatches: 2, window: 3 }, lane: 0 };

it('in lanes', () => record({ name: 'in-lanes', ...LANES, ...widenedTo(6) }));

it('cancelled in lanes', () =>
  record({ name: 'cancelled-in-lanes', ...LANES, ...cancelledOnceBegun() }));

it('lanes taken up by a new run', () =>
  record({
    name: 'lanes-handed-over',
    input: { historyEventsMax: 20, laneBatches: 2, window: 3 },
  }));

it('gathered', () => record({ name: 'gathered', gatherCount: 3, input: { window: 2 } }));

it('paused, widened and resumed', () =>
  record({ name: 'paused', input: { window: 2 }, ...widenedTo(4) }));

it('cancelled', () => record({ name: 'cancelled', input: { window: 2 }, ...cancelledOnceBegun() }));

it('failed', () =>
  record({
    name: 'failed',
    input: { window: 3 },
    onBatch: (input) =>
      input.pass === 'trace' && input.batchIndex === 1
        ? Promise.reject(ApplicationFailure.nonRetryable('other bytes', 'shard-conflict'))
        : Promise.resolve(sealed(input)),
  }));

it('yielded', () => {
  const seen = new Set<string>();
  const onBatch = (input: BatchInput): Promise<BatchResult> => {
    const name = `${input.pass}/${String(input.batchIndex)}`;
    const isFirst = input.pass === 'trace' && !seen.has(name);
    seen.add(name);
    return Promise.resolve({ ...sealed(input), how: isFirst ? 'yielded' : 'sealed' });
  };
  return record({ name: 'yielded', onBatch });
});

it('bisected', async () => {
  const { onBatch } = killerBatch();
  await record({ name: 'bisected', onBatch, bundle: await bundleHasty() });
});

it('stopped by its budget', () =>
  record({
    name: 'budget-spent',
    input: {
      window: 2,
      budget: { acceptedMin: 0.5, faultsMax: null, outcomesAccepted: ['returned'] },
    },
    causes: { v: 1, invocations: 8, causes: [{ cause: 'crashed', count: 8, examples: ['f#0'] }] },
    onBatch: (input) => {
      const counts =
        input.pass === 'unique' ? { inputsKept: 12 } : { invocationsPlanned: 4, outcomes: 4 };
      return Promise.resolve({ ...sealed(input), counts });
    },
  }));

it('split', () =>
  record({
    name: 'split',
    input: { split: true, place: true, benchmarks: 2, earlier: 1, window: 3 },
  }));
it('synthesized', () => record({ name: 'synthesized', input: { synthesize: true, window: 3 } }));

it('asked of a model', () =>
  record({ name: 'asked', input: { synthesize: true, prompts: true, window: 3 } }));

it('retried', () =>
  record({
    name: 'retried',
    input: {
      revision: 2,
      retry: { environment: 'e'.repeat(64), planDigest: 'f'.repeat(64) },
    },
  }));

it('told of a published job', () =>
  record({ name: 'published-and-told', input: { notify: true } }));

it('told of a failed job', () =>
  record({
    name: 'failed-and-told',
    input: { notify: true },
    onBatch: () => Promise.reject(ApplicationFailure.nonRetryable('other bytes', 'shard-conflict')),
  }));

const JUDGE: Omit<JudgeInput, 'queuePrefix'> = {
  ...{ v: 1, bucket: 'b', jobId: 'a'.repeat(64), revision: 1, planDigest: 'f'.repeat(64) },
  ...{ before: 'default@1', policy: DEFAULT_1, batches: 70, window: 2 },
};
const NO_ROWS = { accepted: 0, rejected: 0, duplicates: 0 };
const VERDICTS: VerdictReport = {
  ...{ invocations: 1, before: { ...NO_ROWS, accepted: 1 }, after: { ...NO_ROWS, rejected: 1 } },
  ...{ rowsIn: 0, rowsOut: 1, changed: 0, reasons: [], examples: [] },
};
const FAILS = () => Promise.reject(ApplicationFailure.nonRetryable('gone', 'object-missing'));

it('judged by another policy', () =>
  recordOther('judged', {
    ...{ workflow: 'judgeJob', input: JUDGE },
    fakes: { judgeRange: () => Promise.resolve(VERDICTS) },
  }));

it('judging failed', () =>
  recordOther('judging-failed', {
    ...{ workflow: 'judgeJob', input: JUDGE },
    fakes: { judgeRange: (input) => (input.from === 16 ? FAILS() : Promise.resolve(VERDICTS)) },
  }));

const REPLAY: Omit<ReplayInput, 'queuePrefix'> = {
  ...{ v: 1, bucket: 'b', set: 's@v1', jobId: 'a'.repeat(64), revision: 1, number: 1 },
  ...{ environment: 'e'.repeat(64), share: 1, seed: 1, files: 5, window: 2 },
};

it('replayed by the reference tracer', () =>
  recordOther('set-replayed', { workflow: 'replaySet', input: REPLAY, fakes: {} }));

it('the replay failed', () =>
  recordOther('set-replay-failed', {
    ...{ workflow: 'replaySet', input: REPLAY },
    fakes: {
      replayFile: ({ fileIndex }) =>
        fileIndex === 1
          ? FAILS()
          : Promise.resolve({ drawn: 1, agreed: 1, disagreed: 0, skipped: 0 }),
    },
  }));
