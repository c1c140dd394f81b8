// How a user names a job: @last, its name, or a unique prefix of its id or of the id that Temporal shows.
import { AppError } from '../errors.ts';
import type { JobEntry, JobsPort } from './ports.ts';

/** Jobs that are looked at for a reference: the newest ones; a full id is always found among them or not at all. */
export const JOBS_LISTED_MAX = 1_000;
const CANDIDATES_SHOWN = 5;

/** True for `name@version`, which names a published set and no job. */
export function isSetReference(reference: string): boolean {
  return reference.lastIndexOf('@') > 0;
}

/** The newest revision of each job, newest first. */
export function newestRevisions(entries: readonly JobEntry[]): JobEntry[] {
  const byId = new Map<string, JobEntry>();
  for (const entry of entries) {
    const other = byId.get(entry.jobId);
    if (other === undefined || other.revision < entry.revision) byId.set(entry.jobId, entry);
  }
  return [...byId.values()].sort((a, b) => b.startedAtMs - a.startedAtMs);
}

function ambiguous(reference: string, found: readonly JobEntry[]): AppError {
  const shown = found.slice(0, CANDIDATES_SHOWN).map((entry) => entry.workflowId);
  const more = found.length > shown.length ? ', …' : '';
  return new AppError(
    'usage',
    `${JSON.stringify(reference)} names ${String(found.length)} jobs (${shown.join(', ')}${more}); give more of the id`,
  );
}

/** Throws AppError `job-not-found`, or `usage` where the reference fits several jobs. */
export function pickJob(entries: readonly JobEntry[], reference: string): JobEntry {
  const jobs = newestRevisions(entries);
  if (reference === '@last') {
    const [last] = jobs;
    if (last !== undefined) return last;
    throw new AppError(
      'job-not-found',
      'no job was launched yet; start one with `tracemill launch`',
    );
  }
  const exact = jobs.filter((job) => job.jobId === reference || job.workflowId === reference);
  const byName = jobs.filter((job) => job.name === reference);
  const byPrefix = jobs.filter(
    (job) => job.jobId.startsWith(reference) || job.workflowId.startsWith(reference),
  );
  for (const found of [exact, byName, byPrefix]) {
    if (found.length > 1) throw ambiguous(reference, found);
    if (found[0] !== undefined) return found[0];
  }
  throw new AppError(
    'job-not-found',
    `there is no job ${JSON.stringify(reference)}; \`tracemill jobs\` lists those that are there`,
  );
}

/** As it is now. Throws AppError `job-not-found`, `usage` or `temporal-unreachable`. */
export async function findJob(jobs: JobsPort, reference: string): Promise<JobEntry> {
  return await jobs.current(pickJob(await jobs.list(JOBS_LISTED_MAX), reference));
}
