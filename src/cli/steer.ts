// The commands that change a running job: find it, tell it, say so.
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode } from './context.ts';
import { findJob } from './job-ref.ts';

export type Steering = 'pause' | 'resume' | 'cancel';

const DONE = {
  pause: 'pauses: batches in flight finish, no more are dispatched',
  resume: 'goes on',
  cancel: 'is being cancelled; launching it again continues with its next revision',
} as const;

/** Throws AppError `usage` where the job ended already. */
export async function steer(
  context: CommandContext,
  reference: string,
  how: Steering,
): Promise<ExitCode> {
  const jobs = await context.gateway.jobs();
  const entry = await findJob(jobs, reference);
  if (entry.state !== 'running' && entry.state !== 'paused') {
    throw new AppError(
      'usage',
      `job ${JSON.stringify(entry.workflowId)} is ${entry.state} already; there is nothing to ${how}`,
    );
  }
  await jobs[how](entry);
  if (context.isJson) {
    const { jobId, workflowId } = entry;
    context.print.json({ jobId, workflowId, asked: how } satisfies Answer<Steering>);
  } else {
    context.print.answer(`${entry.workflowId} ${DONE[how]}.`);
  }
  return 0;
}
