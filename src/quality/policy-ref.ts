// How a spec names a policy, and the bytes that the name stands for.
import type { Policy, PolicyRef } from '../contract/policy.ts';
import { canonicalJson, sha256 } from '../identity/digest.ts';

/** The canonical form that is stored: what the digest of a reference is over. */
export function policyBytes(policy: Policy): Uint8Array {
  return Buffer.from(`${canonicalJson(policy)}\n`, 'utf8');
}

/** A policy of the program by its name, any other one by what it says as well. */
export function policyRef(policy: Policy): PolicyRef {
  if (policy.name === 'default@1') return 'default@1';
  return { name: policy.name, digest: sha256(policyBytes(policy)) };
}
