// Reads the comments beside a source back: each says which step it tells of, so that the steps have their order again.
import { COMMENT } from './inline.ts';
import type { Note } from './inline.ts';
import { JsonScan } from './json-scan.ts';
import { refused, wholeLines } from './parse-history.ts';
import type { Refused } from './parse-history.ts';

export type ParsedNotes = { readonly kind: 'notes'; readonly notes: readonly Note[] } | Refused;

const STEP = /\(([1-9]\d*)\)/y;
const WITH_VALUE = /(?:return|yield|raise|handled|unwind) /y;
const NAMES = /del [^ ,]+(?:, [^ ,]+)*/y;

/** One `set {…}`, `call {…}`, `del a, b` or `KIND VALUE`, as it stands. */
function word(scan: JsonScan): string | null {
  const names = scan.match(NAMES);
  if (names !== null) return names;
  for (const kind of ['set ', 'call ']) {
    if (!scan.take(kind)) continue;
    const value = scan.rest.startsWith('{') ? scan.value() : null;
    return value === null ? null : kind + value;
  }
  const kind = scan.match(WITH_VALUE);
  const value = kind === null ? null : scan.value();
  return kind === null || value === null ? null : kind + value;
}

function notesOf(text: string, line: number): Note[] | null {
  const scan = new JsonScan(text);
  const notes: (Note & { readonly words: string[] })[] = [];
  for (let isFirst = true; !scan.isAtEnd(); isFirst = false) {
    if (!isFirst && !scan.take(' ')) return null;
    const step = scan.match(STEP);
    if (step !== null) {
      notes.push({ line, step: Number(step.slice(1, -1)), words: [] });
      continue;
    }
    const found = word(scan);
    const note = notes.at(-1);
    if (found === null || note === undefined) return null;
    note.words.push(found);
  }
  return notes;
}

/** `source` is the text that the comments were written into. Steps are numbered from 1 without a gap. */
export function parseInline(text: string, source: string): ParsedNotes {
  const lines = wholeLines(text);
  const given = source.replace(/\n+$/, '').split('\n');
  if (lines?.length !== given.length) return refused(1, 'has not the lines of the source');
  const notes: Note[] = [];
  for (const [index, line] of lines.entries()) {
    const bare = given[index] ?? '';
    if (line === bare) continue;
    const found = line.startsWith(bare + COMMENT)
      ? notesOf(line.slice(bare.length + COMMENT.length), index + 1)
      : null;
    if (found === null) return refused(index + 1, 'is not its line of the source with notes');
    notes.push(...found);
  }
  notes.sort((a, b) => a.step - b.step);
  const wrong = notes.find(({ step }, index) => step !== index + 1);
  if (wrong !== undefined) return refused(wrong.line, `has step ${String(wrong.step)} out of turn`);
  return { kind: 'notes', notes };
}
