// Pairs of states: from the one the other is predicted, N events ahead (Line-N or Instruction-N, by the granularity of the
// trace) or, in inverse pairs, N events back. docs/text-formats.md has the grammar.
import type { DynamicState } from './dynamic-state.ts';
import { parseState } from './parse-dynamic.ts';

export interface Pair {
  readonly kind: 'dynamic' | 'inverse';
  readonly ahead: number;
}

const WORDS = { dynamic: 'after', inverse: 'before' } as const;

/** All that stands before the state that is learned. */
export function pairPrompt(source: string, given: string, { kind, ahead }: Pair): string {
  return `${source}== state\n${given}== ${WORDS[kind]} ${String(ahead)}\n`;
}

export interface ParsedPair extends Pair {
  readonly source: string;
  readonly given: DynamicState;
  readonly learned: DynamicState;
}

const FORM =
  /^(== source\n(?:\d+ [^\n]*\n)+)== state\n((?:(?!== )[^\n]*\n)+)== (after|before) ([1-9]\d*)\n((?:[^\n]*\n)+)$/;

/** A whole example read back; a text says what is wrong with it. */
export function parsePair(text: string): ParsedPair | string {
  const found = FORM.exec(text);
  if (found === null) return 'has not the parts of a pair';
  const [, source = '', given = '', word, ahead, learned = ''] = found;
  const [first, second] = [parseState(given), parseState(learned)];
  for (const state of [first, second]) {
    if (state.kind === 'refused') return `line ${String(state.line)} of a state ${state.why}`;
  }
  if (first.kind === 'refused' || second.kind === 'refused') return 'has no state';
  return {
    kind: word === 'after' ? 'dynamic' : 'inverse',
    ahead: Number(ahead),
    source,
    given: first.state,
    learned: second.state,
  };
}
