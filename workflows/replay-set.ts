// Replay of a published set: its files one by one, a bounded number at once, then the record of the whole.
import { proxyActivities } from '@temporalio/workflow';
import type { JobQueueActivities, TraceQueueActivities } from '../src/contract/activities.ts';
import type { ReplayCounts, ReplayInput } from '../src/contract/replay.ts';
import { activityOptions } from './activity-options.ts';
import { runAll } from './window.ts';

/** A set of a million files would need lanes; two events a file, and a history may have 51,200. */
const FILES_MAX = 16_000;

/** Ends with the counts; what disagrees is a finding, not a failure. A job whose spec asks for it runs the same. */
export async function replaySet(input: ReplayInput): Promise<ReplayCounts> {
  const { files, window, queuePrefix: prefix, jobId, ...address } = input;
  const on = (name: 'trace' | 'job') => ({ prefix, name, jobId });
  const options = activityOptions('batch', on('trace'));
  const { replayFile } = proxyActivities<TraceQueueActivities>(options);
  const count = Math.min(files, FILES_MAX);
  await runAll({ count, window }, async (fileIndex) => {
    await replayFile.executeWithOptions(
      { ...options, summary: `replay file ${String(fileIndex + 1)}/${String(count)}` },
      [{ ...address, jobId, fileIndex }],
    );
  });
  const { recordReplay } = proxyActivities<JobQueueActivities>({
    ...activityOptions('wholeJob', on('job')),
    summary: 'record the replay',
  });
  return await recordReplay({ ...input, files: count });
}
