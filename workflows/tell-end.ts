// Tells an operator's address how a job ended. Apart from the job, whose end does not wait for an address that is away.
import { proxyActivities } from '@temporalio/workflow';
import type { JobQueueActivities } from '../src/contract/activities.ts';
import type { EndNotice } from '../src/contract/job.ts';
import { activityOptions } from './activity-options.ts';

export interface TellEndInput {
  readonly notice: EndNotice;
  readonly queuePrefix: string;
}

/** Fails with `notice-refused` where the address did not take it; the job is what it is. */
export async function tellEnd({ notice, queuePrefix }: TellEndInput): Promise<void> {
  const queue = { prefix: queuePrefix, name: 'job', jobId: notice.jobId } as const;
  const { sendNotice } = proxyActivities<JobQueueActivities>({
    ...activityOptions('notice', queue),
    summary: `tell that the job is ${notice.state}`,
  });
  await sendNotice(notice);
}
