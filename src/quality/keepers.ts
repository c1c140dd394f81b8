// Which accepted traces of one function repeat another one. Rows come sorted by function, then input index, so the first
// of several is the one with the smallest input index.
import type { Policy } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { digestOf } from '../identity/digest.ts';
import { stateSignature } from './activity.ts';

export type Repeats =
  | { readonly kind: 'none' }
  /** An earlier input made the same trace, which is kept under this row id. */
  | { readonly kind: 'same'; readonly keeper: string }
  /** As many traces of this path and of states of this shape were kept as the policy keeps. */
  | { readonly kind: 'similar' };

/**
 * One text for all that a reader could tell two traces apart by: outcome, path and states, value, outputs. Where there
 * are no events, nothing of the input shows in them, so the input itself tells traces apart.
 */
function traceDigest(row: SealedTraceRow): string {
  const ending = [row.return_type, row.return_value, row.exception_type, row.exception_message];
  const input = row.events === '[]' ? [row.setup, row.call, row.stdin] : [];
  return digestOf('trace-content', [
    row.outcome,
    JSON.stringify([...ending, row.args_after, row.limit_hit]),
    row.events,
    row.stdout,
    row.stderr,
    ...input,
  ]);
}

export class Keepers {
  #functionId = '';
  readonly #keepers = new Map<string, string>();
  readonly #similar = new Map<string, number>();
  readonly #keep: number | null;

  constructor(policy: Pick<Policy, 'similar'>) {
    this.#keep = policy.similar.keep;
  }

  /** Asked once for each accepted row, in order. */
  repeats(row: SealedTraceRow): Repeats {
    if (row.function_id !== this.#functionId) {
      this.#functionId = row.function_id;
      this.#keepers.clear();
      this.#similar.clear();
    }
    const digest = traceDigest(row);
    const keeper = this.#keepers.get(digest);
    if (keeper !== undefined) return { kind: 'same', keeper };
    if (this.#keep !== null) {
      const signature = stateSignature(row);
      const kept = this.#similar.get(signature) ?? 0;
      if (kept >= this.#keep) return { kind: 'similar' };
      this.#similar.set(signature, kept + 1);
    }
    this.#keepers.set(digest, row.id);
    return { kind: 'none' };
  }
}
