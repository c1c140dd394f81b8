// A policy changed on a finished job, on a real server: the workflow that publishes the new version asks no worker that
// could execute anything. TEST_TRACES=20000 is the size of the long form; a tenth of it runs by default.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adoptPages } from '../../../activities/adopt-pages.ts';
import { commitJob } from '../../../activities/commit-job.ts';
import { gatherRuns } from '../../../activities/gather-runs.ts';
import { judgeRange } from '../../../activities/judge-range.ts';
import { planPublish } from '../../../activities/plan-publish.ts';
import { publishPart } from '../../../activities/publish-part.ts';
import { refineBatch } from '../../../activities/refine-batch.ts';
import type { JobActivities } from '../../../src/contract/activities.ts';
import type { Policy } from '../../../src/contract/policy.ts';
import { DEFAULT_1 } from '../../../src/quality/policy.ts';
import { diffSets } from '../../../src/store/diff-sets.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { describeJob, workflowIdOf } from '../../../src/temporal/client.ts';
import { startJudging } from '../../../src/temporal/judge-job.ts';
import { planPublishAgain, startPublish } from '../../../src/temporal/publish-job.ts';
import { fakeJob } from '../../support/fake-activities.ts';
import { PUBLISHED_JOB, SPEC, prepareJob, publishJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

const TRACES = Number(process.env['TEST_TRACES'] ?? 2_000);
const CALLS = 5;
/** So that judging takes several activities. */
const BATCH_SIZE = 20;
/** One call of five raises, one is cut, one is labelled. */
const NEXT: Policy = {
  ...DEFAULT_1,
  name: 'next@1',
  outcomes: ['returned', 'fuel-exceeded'],
  labels: ['tampered'],
};

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const records: readonly FakeRecord[] = Array.from({ length: TRACES / CALLS }, (_, at) => {
  const name = `f${String(at)}`;
  const calls = ['1', '2', 'raise', 'cut', 'random'].map((argument) => `${name}(${argument})`);
  return { label: `fake.jsonl:${String(at + 1)}`, functions: [{ name, calls }] };
});

/** The real activities of the queue refine over a store in memory; of the others, fakes that count. */
function activitiesOver(store: MemoryStore, fakes: JobActivities): JobActivities {
  const deps = { storeOf: () => store };
  return {
    ...fakes,
    adoptPages: (input) => adoptPages(deps, input),
    judgeRange: (input) => judgeRange(deps, input),
    refineBatch: (input) => refineBatch(deps, input),
    planPublish: (input) => planPublish(deps, input),
    gatherRuns: (input) => gatherRuns(deps, input),
    publishPart: (input) => publishPart(deps, input),
    commitJob: (input) => commitJob(deps, input),
  };
}

it(
  `a policy changed on ${String(TRACES)} traces publishes a new version without one execution, and diff explains every row`,
  { timeout: 600_000 },
  async () => {
    const store = new MemoryStore();
    const inputs = { ...SPEC.inputs, keep: CALLS };
    const at = await prepareJob({ store, records, batchSize: BATCH_SIZE, spec: { inputs } });
    await publishJob(at);
    const queuePrefix = `test-${randomUUID()}-`;
    const name = `again-${randomUUID().slice(0, 8)}`;
    const job = { ...PUBLISHED_JOB, workflowId: workflowIdOf('fake', at.jobId), name };
    const request = { job, store, queuePrefix, slots: 2, dispatchSeed: 7, set: null, policy: NEXT };
    const planned = await planPublishAgain(request);
    const fakes = fakeJob({ batchCount: 0 });
    const activities = activitiesOver(store, fakes.activities);
    const { from } = planned;
    const judging = { store, jobId: at.jobId, from, policy: NEXT, queuePrefix, slots: 2 };
    const { ran, judged } = await withWorkers(server, { queuePrefix, activities }, async () => {
      // Two who ask at once get one answer.
      const asked = [judging, judging].map((each) => startJudging(server.client, each));
      const [first, second] = await Promise.all(asked);
      expect(second?.workflowId).toBe(first?.workflowId);
      const said = await first?.report();
      expect(await second?.report()).toEqual(said);
      await startPublish(server.client, request, planned);
      const handle = server.client.workflow.getHandle(job.workflowId);
      await handle.result();
      const history = await handle.fetchHistory();
      const scheduled = (history.events ?? []).flatMap(
        (event) => event.activityTaskScheduledEventAttributes ?? [],
      );
      return { judged: said, ran: new Set(scheduled.map(({ taskQueue }) => taskQueue?.name)) };
    });
    expect([...ran]).toEqual([`${queuePrefix}refine`]);
    expect([...fakes.begun.keys()]).toEqual([]);
    expect((await describeJob(server.client, job.workflowId)).set).toBe('fake@v2');

    const before = await readSetManifest(store, 'fake@v1');
    const after = await readSetManifest(store, 'fake@v2');
    const functions = TRACES / CALLS;
    expect(before.counts).toMatchObject({ accepted: 3 * functions, rejected: 2 * functions });
    expect(after.counts).toMatchObject({ accepted: 4 * functions, rejected: functions });
    expect(after.spec.policy).toMatchObject({ name: 'next@1' });
    // What was said of it before is what came.
    expect(judged).toMatchObject({
      ...{ invocations: TRACES, rowsIn: 2 * functions, rowsOut: functions, changed: 0 },
      after: { accepted: 4 * functions, rejected: functions, duplicates: 0 },
    });
    const { checks } = await verifySet(store, 'fake@v2');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    const summary = { same: 0 };
    const whys: Record<string, number> = {};
    for await (const { change, why } of diffSets(store, { before, after }, summary)) {
      whys[`${change}: ${why}`] = (whys[`${change}: ${why}`] ?? 0) + 1;
    }
    expect(whys).toEqual({
      'added: it was rejected: fuel-exceeded': functions,
      'added: it was rejected: nondeterministic': functions,
      'removed: it is rejected: raised': functions,
    });
    expect(summary.same).toBe(2 * functions);
  },
);
