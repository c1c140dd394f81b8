// What the data commands read: the published set of a job, or a set that is named itself.
import { AppError } from '../errors.ts';
import type { Gateway, JobEntry } from './ports.ts';
import { findJob, isSetReference } from './job-ref.ts';

export interface Target {
  readonly bucket: string;
  readonly set: string;
  /** What to call it in the next command. */
  readonly reference: string;
}

function unfinished(entry: JobEntry): AppError {
  const what = `job ${JSON.stringify(entry.workflowId)} is ${entry.state} and has published no data set`;
  const todo =
    entry.state === 'running' || entry.state === 'paused'
      ? `watch it with \`tracemill status ${entry.workflowId} --watch\``
      : '`tracemill status` says why; launching it again continues it';
  return new AppError('row-not-found', `${what}; ${todo}`);
}

/** Throws AppError `job-not-found`, `usage`, or `row-not-found` where the job has published nothing. */
export async function findTarget(gateway: Gateway, reference: string): Promise<Target> {
  if (isSetReference(reference)) {
    return { bucket: gateway.bucket(), set: reference, reference };
  }
  const entry = await findJob(await gateway.jobs(), reference);
  if (entry.state !== 'published') throw unfinished(entry);
  return { bucket: entry.bucket, set: entry.set, reference };
}
