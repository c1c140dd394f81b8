// The compact scratchpad: the lines that run, one after the other, and before each what is new or another.
import type { TraceRow } from '../contract/row.ts';
import { changeWords, historySteps, objectOf } from './history.ts';
import type { HistoryStep } from './history.ts';
import { joined } from './steps.ts';
import type { Piece } from './steps.ts';

function headline(step: HistoryStep): string {
  const { kind, name, source, set, value } = step;
  if (kind === 'call') return `call: ${name} ${objectOf(set)}`;
  if (kind === 'line') return `line: ${source}`;
  return `${kind}: ${kind === 'resume' ? name : (value ?? '')}`;
}

/** `line: …`, and before it `set: {…}` and `del: …` where the activation has changed since it was last shown. */
export function* compactPieces(
  row: Pick<TraceRow, 'source' | 'events'>,
  { stepIn }: { readonly stepIn: boolean } = { stepIn: true },
): Generator<Piece> {
  for (const step of historySteps(row, { stepIn, instructions: false })) {
    const changes = step.kind === 'call' ? [] : changeWords(step, ': ');
    const text = [...changes, headline(step)].map((line) => `${line}\n`).join('');
    yield { text, step: step.index };
  }
}

export function renderCompact(...given: Parameters<typeof compactPieces>): string {
  return joined(compactPieces(...given));
}
