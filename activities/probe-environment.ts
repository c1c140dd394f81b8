// Asks a sandbox for its environment and keeps the whole fingerprint beside the job. All batches must meet the same one.
import type { EnvironmentProbe, JobAddress } from '../src/contract/job.ts';
import { environmentKey } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson } from '../src/identity/digest.ts';
import type { SandboxEnvironment, SlotPool } from '../src/sandbox/port.ts';
import type { ActivityDeps } from './deps.ts';
import { NO_BEAT, withHeartbeat } from './heartbeat.ts';
import { listLibraries } from './list-libraries.ts';

/** The pool of this worker; throws AppError `internal` where the worker has no sandboxes. */
export function poolOf(deps: ActivityDeps): SlotPool {
  if (deps.pool === null) {
    throw new AppError('internal', 'this worker serves the queue trace without sandboxes');
  }
  return deps.pool;
}

/** Throws AppError `environment-mismatch` where this worker's sandboxes are not those the job began with. */
export async function requireEnvironment(
  pool: SlotPool,
  expected: string,
  signal: AbortSignal,
): Promise<SandboxEnvironment> {
  const found = await pool.environment(signal);
  if (found.id === expected) return found;
  throw new AppError(
    'environment-mismatch',
    `sandboxes of this worker have environment ${found.id.slice(0, 12)}, the job began with ` +
      `${expected.slice(0, 12)}; run workers of one job on one sandbox image`,
    // Another worker may have the right one: only a fleet that has none uses up the attempts.
    { retryable: true, context: { expected, found: found.id } },
  );
}

/** The environment of this worker's sandboxes, which becomes the job's. */
export async function probeEnvironment(
  deps: ActivityDeps,
  input: JobAddress,
): Promise<EnvironmentProbe> {
  const { id, python, tracer, facts } = await withHeartbeat(
    () => NO_BEAT,
    (signal) => poolOf(deps).environment(signal),
  );
  const document = { v: 1, id, python, tracer, facts, sandboxImage: deps.sandboxImage };
  const body = Buffer.from(`${canonicalJson(document)}\n`, 'utf8');
  // The first image that gave this environment stays: which one it was is a note, the fingerprint is the promise.
  await deps
    .storeOf(input.bucket)
    .putIfAbsent(environmentKey(input.jobId, id), body, { contentType: 'application/json' });
  await withHeartbeat(
    () => NO_BEAT,
    (signal) => listLibraries(deps, { input, environment: id }, signal),
  );
  return { v: 1, environment: id, python, tracer };
}
