// The policies of a job: written when it is launched or published anew, read by whatever judges.
import type { Policy, PolicyRef } from '../contract/policy.ts';
import { policyKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import { policyBytes, policyRef } from '../quality/policy-ref.ts';
import { DEFAULT_1 } from '../quality/policy.ts';
import type { ObjectStore } from './object-store.ts';

/** Throws AppError `object-missing`, `object-damaged`, `store-*`. */
export async function readPolicy(
  store: ObjectStore,
  jobId: string,
  ref: PolicyRef,
): Promise<Policy> {
  if (ref === 'default@1') return DEFAULT_1;
  const key = policyKey(jobId, ref.digest);
  const body = await store.get(key);
  if (sha256(body) === ref.digest) {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Policy;
  }
  throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not the job's policy`, {
    context: { key },
  });
}

/** Keeps the policy with the job; those of the program are not kept. Throws AppError `store-*`. */
export async function keepPolicy(
  store: ObjectStore,
  jobId: string,
  policy: Policy,
): Promise<PolicyRef> {
  const ref = policyRef(policy);
  if (ref !== 'default@1') {
    await store.putIfAbsent(policyKey(jobId, ref.digest), policyBytes(policy), {
      contentType: 'application/json',
    });
  }
  return ref;
}
