// By which policy a finished job is published next: `judge` writes it down, one choice after another, and the last one
// that was made of a revision holds for it.
import type { Policy, PolicyRef } from '../contract/policy.ts';
import { judgementKey, judgementsPrefix } from '../core/keys.ts';
import type { FinishedRevision } from './finished-revision.ts';
import { highestNumber } from './numbered-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJson } from './seal.ts';
import { keepPolicy } from './stored-policy.ts';

interface Judgement {
  readonly v: 1;
  /** The revision that was judged. */
  readonly revision: number;
  readonly policy: PolicyRef;
}

const lastNumber = (store: ObjectStore, jobId: string): Promise<number> =>
  highestNumber(store, judgementsPrefix(jobId));

/** What the revision was judged by last, or by its own spec. Throws AppError `store-*`, `object-damaged`. */
export async function chosenPolicy(
  store: ObjectStore,
  jobId: string,
  from: FinishedRevision,
): Promise<PolicyRef> {
  const last = await lastNumber(store, jobId);
  if (last === 0) return from.spec.policy;
  const { revision, policy } = (await readJson(store, judgementKey(jobId, last))) as Judgement;
  return revision === from.revision ? policy : from.spec.policy;
}

/** Keeps the policy with the job. Who comes second at the same time is the last. Throws AppError `store-*`. */
export async function choosePolicy(
  store: ObjectStore,
  at: { readonly jobId: string; readonly revision: number },
  policy: Policy,
): Promise<void> {
  const { jobId, revision } = at;
  const ref = await keepPolicy(store, jobId, policy);
  const body = jsonBytes({ v: 1, revision, policy: ref } satisfies Judgement);
  for (;;) {
    const key = judgementKey(jobId, (await lastNumber(store, jobId)) + 1);
    const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
    if (put.kind === 'created') return;
  }
}
