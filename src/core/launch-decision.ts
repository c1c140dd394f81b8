// Whether launching a spec finds its job or starts a revision of it (CONTRACTS: jobId). Facts come from Temporal, which
// forgets after its retention, and from the store, which does not.

export interface LaunchFacts {
  /** The newest run that Temporal knows; `stopped` is failed, cancelled, terminated or timed out. */
  readonly run: {
    readonly state: 'running' | 'completed' | 'stopped';
    readonly revision: number;
  } | null;
  /** Highest revision with a manifest, and with a marker of another end. */
  readonly publishedRevision: number | null;
  readonly stoppedRevision: number | null;
}

export type LaunchDecision =
  | { readonly kind: 'found'; readonly revision: number }
  | { readonly kind: 'start'; readonly revision: number };

/** A running or published job is found; one that stopped, or whose data was deleted, continues as its next revision. */
export function decideLaunch(facts: LaunchFacts): LaunchDecision {
  const { run, publishedRevision, stoppedRevision } = facts;
  if (run?.state === 'running') return { kind: 'found', revision: run.revision };
  if (publishedRevision !== null) return { kind: 'found', revision: publishedRevision };
  return { kind: 'start', revision: Math.max(run?.revision ?? 0, stoppedRevision ?? 0) + 1 };
}
