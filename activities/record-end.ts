// The marker of a revision that ended without a data set.
import type { JobEnd } from '../src/contract/job.ts';
import { revisionEndKey } from '../src/core/keys.ts';
import { canonicalJson } from '../src/identity/digest.ts';
import type { ActivityDeps } from './deps.ts';

/** Create-if-absent: a repeated attempt finds its own marker. */
export async function recordEnd(deps: ActivityDeps, input: JobEnd): Promise<void> {
  const { jobId, revision, bucket, end, code, message, plan, causes } = input;
  const document = { v: 1, jobId, revision, end, code, message, plan, causes, atMs: Date.now() };
  const body = Buffer.from(`${canonicalJson(document)}\n`, 'utf8');
  const key = revisionEndKey(jobId, revision, end);
  await deps.storeOf(bucket).putIfAbsent(key, body, { contentType: 'application/json' });
}
