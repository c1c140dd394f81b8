// What another policy makes of a finished job: ranges of its batches, a bounded number at once, and the sum of what they say.
import { proxyActivities } from '@temporalio/workflow';
import type { RefineQueueActivities } from '../src/contract/activities.ts';
import type { JudgeInput, VerdictReport } from '../src/contract/judge.ts';
import { addVerdicts } from '../src/core/verdict-changes.ts';
import { activityOptions } from './activity-options.ts';
import { runAll } from './window.ts';

/**
 * Batches of one activity: about half a minute, so that a drained worker loses little. Ten million functions are 40,000 batches, 2,500
 * activities and less than 5 MB of answers.
 */
const RANGE_BATCHES = 16;

/** Reads what was sealed and writes nothing. */
export async function judgeJob(input: JudgeInput): Promise<VerdictReport> {
  const { batches, window, queuePrefix: prefix, ...address } = input;
  const options = activityOptions('batch', { prefix, name: 'refine', jobId: input.jobId });
  const { judgeRange } = proxyActivities<RefineQueueActivities>(options);
  const count = Math.ceil(batches / RANGE_BATCHES);
  const reports = new Map<number, VerdictReport>();
  await runAll({ count, window }, async (index) => {
    const from = index * RANGE_BATCHES;
    const to = Math.min(batches, from + RANGE_BATCHES);
    const summary = `judge ${String(index + 1)}/${String(count)}`;
    const range = { ...address, from, to };
    reports.set(index, await judgeRange.executeWithOptions({ ...options, summary }, [range]));
  });
  // In the order of the batches, whichever ended first.
  return addVerdicts(
    Array.from({ length: count }, (_, index) => reports.get(index)).filter(
      (report) => report !== undefined,
    ),
  );
}
