// The resolved spec of a job, as launch stored it.
import type { JobAddress } from '../src/contract/job.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { AppError } from '../src/errors.ts';
import type { ObjectStore } from '../src/store/object-store.ts';

/** Throws AppError `object-missing` or `object-damaged`, or `spec-invalid` where another version of the program wrote it. */
export async function loadSpec(
  store: ObjectStore,
  { specKey }: Pick<JobAddress, 'specKey'>,
): Promise<ResolvedSpec> {
  const spec = JSON.parse(Buffer.from(await store.get(specKey)).toString('utf8')) as ResolvedSpec;
  const version: number = spec.specVersion;
  if (version !== 1) {
    throw new AppError(
      'spec-invalid',
      `spec ${JSON.stringify(specKey)} has version ${String(version)}; this worker knows version 1`,
      { context: { key: specKey } },
    );
  }
  return spec;
}
