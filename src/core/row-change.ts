// Why a row of one version of a set is not as it was in another: decided from what became of one input of one function in
// both.

/** What became of an input of a function in one version. */
export type InputFate =
  | { readonly kind: 'absent'; readonly what: 'function' | 'input' }
  /** Before it ran: the function or the input was not kept. */
  | {
      readonly kind: 'dropped';
      readonly unit: 'function' | 'input';
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'faulted'; readonly code: string }
  | { readonly kind: 'duplicate' }
  | {
      readonly kind: 'accepted' | 'rejected';
      readonly reasons: readonly string[];
      readonly digest: string;
    };

/** By what became of it among the accepted rows; `rejected` is about rows that neither version accepts. */
export type RowChangeKind = 'added' | 'removed' | 'changed' | 'rejected';

export interface RowChange {
  readonly change: RowChangeKind;
  readonly why: string;
}

const list = (reasons: readonly string[]): string => reasons.join(', ') || 'no reason';

/** As half a sentence: what became of it, where that is not a row like the other one. */
function told(fate: InputFate, tense: 'was' | 'is'): string {
  switch (fate.kind) {
    case 'absent':
      if (fate.what === 'function')
        return tense === 'was' ? 'the function is new' : 'the function is gone';
      return tense === 'was' ? 'the input is new' : 'the input is gone';
    case 'dropped':
      return `the ${fate.unit} ${tense} dropped: ${list(fate.reasons)}`;
    case 'faulted':
      return `it ${tense === 'was' ? 'faulted' : 'faults'}: ${fate.code}`;
    case 'duplicate':
      return `it ${tense} a duplicate of another trace`;
    case 'accepted':
      return `it ${tense} accepted`;
    case 'rejected':
      return `it ${tense} rejected: ${list(fate.reasons)}`;
  }
}

const isRow = (fate: InputFate): fate is Extract<InputFate, { kind: 'accepted' | 'rejected' }> =>
  fate.kind === 'accepted' || fate.kind === 'rejected';

/**
 * Null where no published row of it changed. `differing` names the columns that differ of two rows of one table, and is
 * asked only where their digests do.
 */
export function rowChangeOf(
  before: InputFate,
  after: InputFate,
  differing: () => readonly string[],
): RowChange | null {
  if (!isRow(before) && !isRow(after)) return null;
  if (isRow(before) && isRow(after) && before.kind === after.kind) {
    if (before.digest === after.digest) return null;
    const change = after.kind === 'accepted' ? 'changed' : 'rejected';
    if (before.reasons.join() !== after.reasons.join()) {
      return { change, why: `${told(before, 'was')}; ${told(after, 'is')}` };
    }
    return { change, why: `its columns differ: ${list(differing())}` };
  }
  if (after.kind === 'accepted') return { change: 'added', why: told(before, 'was') };
  if (before.kind === 'accepted') return { change: 'removed', why: told(after, 'is') };
  return {
    change: 'rejected',
    why: isRow(after) ? `${told(before, 'was')}; ${told(after, 'is')}` : told(after, 'is'),
  };
}
