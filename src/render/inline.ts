// The source with what happened at each of its lines beside it, as comments: docs/text-formats.md, "inline".
import type { TraceRow } from '../contract/row.ts';
import { changeWords, historySteps, objectOf } from './history.ts';
import type { HistoryStep } from './history.ts';

/** What stands between a line of the source and its notes. */
export const COMMENT = '  # ';

/** What is told of one step. */
export interface Note {
  readonly line: number;
  /** From 1, in the order of the program. */
  readonly step: number;
  /** For example `set {"t": 2}`. */
  readonly words: readonly string[];
}

type OpenNote = Note & { readonly words: string[] };

/** What belongs to the note that its activation began last: a line is told what is seen to have changed after it. */
function wordsOf(step: HistoryStep): string[] {
  if (step.kind === 'call') return [`call ${objectOf(step.set)}`];
  const ended = step.value === null ? [] : [`${step.kind} ${step.value}`];
  return [...changeWords(step), ...ended];
}

/** A note for each call and each line that ran. */
export function inlineNotes(row: Pick<TraceRow, 'source' | 'events'>): readonly Note[] {
  const notes: OpenNote[] = [];
  const open = new Map<number, OpenNote>();
  const begin = ({ frame, line }: HistoryStep): void => {
    const note: OpenNote = { line, step: notes.length + 1, words: [] };
    notes.push(note);
    open.set(frame, note);
  };
  for (const step of historySteps(row, { stepIn: true, instructions: false })) {
    if (step.kind === 'call' || !open.has(step.frame)) begin(step);
    open.get(step.frame)?.words.push(...wordsOf(step));
    if (step.kind === 'line') begin(step);
  }
  return notes;
}

/** Every line of the source; those at which something happened have a comment. */
export function renderInline(row: Pick<TraceRow, 'source' | 'events'>): string {
  const lines = row.source.replace(/\n+$/, '').split('\n');
  const beside = lines.map((): string[] => []);
  for (const { line, step, words } of inlineNotes(row)) {
    beside[line - 1]?.push([`(${String(step)})`, ...words].join(' '));
  }
  return lines
    .map((line, index) => {
      const notes = beside[index] ?? [];
      return notes.length === 0 ? `${line}\n` : `${line}${COMMENT}${notes.join(' ')}\n`;
    })
    .join('');
}
