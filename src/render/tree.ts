// What a debugger shows that steps into everything: the tree of calls, each with its lines and what they changed. Deeper
// calls stand further in. docs/text-formats.md has the grammar.
import type { TraceRow } from '../contract/row.ts';
import type { EventKind } from '../contract/trace.ts';
import { changeWords, historySteps, objectOf } from './history.ts';
import type { HistoryStep } from './history.ts';
import { joined } from './steps.ts';
import type { Piece } from './steps.ts';

export const INDENT = '  ';

/** They stand where the call stands that they begin or end; all else stands further in. */
export const EDGES: ReadonlySet<EventKind> = new Set([
  'call',
  'resume',
  'return',
  'yield',
  'unwind',
]);

function headline(step: HistoryStep): string {
  const { kind, name, line, source, set, value, op } = step;
  if (kind === 'call') return `call ${name} ${objectOf(set)}`;
  if (kind === 'line') return `${String(line)} ${source.trim()}`;
  if (kind === 'instruction') return `op ${op ?? ''}`;
  return `${kind} ${kind === 'resume' ? name : (value ?? '')}`;
}

export function* treePieces(row: Pick<TraceRow, 'source' | 'events'>): Generator<Piece> {
  for (const step of historySteps(row, { stepIn: true, instructions: true })) {
    const { kind, depth, index } = step;
    const lines = [...(kind === 'call' ? [] : changeWords(step)), headline(step)];
    const indent = INDENT.repeat(Math.max(0, depth - (EDGES.has(kind) ? 1 : 0)));
    yield { text: lines.map((line) => `${indent}${line}\n`).join(''), step: index };
  }
}

export function renderTree(row: Pick<TraceRow, 'source' | 'events'>): string {
  return joined(treePieces(row));
}
