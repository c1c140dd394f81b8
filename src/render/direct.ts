// From source and input straight to how it ended: docs/text-formats.md, "direct".
import type { TraceRow } from '../contract/row.ts';
import type { HeapEntry, TraceValue } from '../contract/trace.ts';
import { Heap } from './heap.ts';
import { JsonScan } from './json-scan.ts';
import { literalLength } from './python-literal.ts';
import { pythonText } from './python-text.ts';
import { inputText, sourceText } from './prompt.ts';

export interface DirectResult {
  readonly outcome: 'returned' | 'raised' | 'exited';
  /** Of `returned`: a Python literal; what has none is the text of its repr, and `isLiteral` false. */
  readonly value: string | null;
  readonly isLiteral: boolean;
  /** Of `raised` and `exited`. */
  readonly exceptionType: string | null;
  readonly message: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const NOTHING = { value: null, isLiteral: false, exceptionType: null, message: null } as const;

/** A value that is no literal is a small trace of its own: a value and its objects. */
function reprOf(returned: string): string {
  const { value, heap } = JSON.parse(returned) as {
    readonly value: TraceValue;
    readonly heap?: Readonly<Record<string, HeapEntry>>;
  };
  const objects = new Heap();
  objects.take(heap ?? {});
  return pythonText(objects, value);
}

/** Null where the program did not decide how it ended. */
export function directResult(row: TraceRow): DirectResult | null {
  const { outcome, return_value, stdout, stderr } = row;
  if (outcome === 'returned') {
    const isLiteral = row.return_is_literal !== false;
    const text = return_value ?? 'None';
    const value = isLiteral ? text : reprOf(text);
    return { ...NOTHING, outcome, value, isLiteral, stdout, stderr };
  }
  if (outcome !== 'raised' && outcome !== 'exited') return null;
  const { exception_type: exceptionType, exception_message: message } = row;
  return { ...NOTHING, outcome, exceptionType, message, stdout, stderr };
}

/** What is learned: one line for the end, and one for each stream that has something. */
export function resultText(result: DirectResult): string {
  const { outcome, value, isLiteral, exceptionType, message, stdout, stderr } = result;
  const end =
    outcome === 'returned'
      ? [isLiteral ? (value ?? '') : `repr ${JSON.stringify(value)}`]
      : [exceptionType ?? '?', ...(message === null ? [] : [JSON.stringify(message)])];
  return [
    `${outcome} ${end.join(' ')}\n`,
    ...(stdout === '' ? [] : [`stdout ${JSON.stringify(stdout)}\n`]),
    ...(stderr === '' ? [] : [`stderr ${JSON.stringify(stderr)}\n`]),
  ].join('');
}

export const directPrompt = (row: TraceRow): string =>
  `${sourceText(row)}${inputText(row)}== result\n`;

/** Source, input and result; empty where a limit ended the program. */
export function renderDirect(row: TraceRow): string {
  const result = directResult(row);
  return result === null ? '' : directPrompt(row) + resultText(result);
}

/** Reads what is learned back; a text says what is wrong with it. Nothing but a literal passes for one. */
export function parseResult(text: string): DirectResult | string {
  const lines = text.split('\n');
  if (lines.pop() !== '') return 'does not end with a line feed';
  const end = parseEnd(lines.shift() ?? '');
  if (end === null) return 'does not say how it ended';
  const streams = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const said = lines[0]?.startsWith(`${name} `) === true ? lines.shift() : undefined;
    if (said === undefined) continue;
    const output = wholeString(said.slice(name.length + 1));
    if (output === null) return `has no JSON string after ${name}`;
    streams[name] = output;
  }
  return lines.length === 0 ? { ...end, ...streams } : 'holds more than a result';
}

function wholeString(text: string): string | null {
  const scan = new JsonScan(text);
  const found = scan.string();
  return scan.isAtEnd() ? found : null;
}

function parseEnd(line: string): Omit<DirectResult, 'stdout' | 'stderr'> | null {
  const [, outcome, rest = ''] = /^(returned|raised|exited) (.+)$/.exec(line) ?? [];
  if (outcome === 'returned') {
    const repr = rest.startsWith('repr ') ? wholeString(rest.slice('repr '.length)) : null;
    if (repr !== null) return { ...NOTHING, outcome, value: repr };
    return isLiteralText(rest) ? { ...NOTHING, outcome, value: rest, isLiteral: true } : null;
  }
  if (outcome !== 'raised' && outcome !== 'exited') return null;
  const [, exceptionType = '', said] = /^([^\s"]+)(?: (".*"))?$/.exec(rest) ?? [];
  const message = said === undefined ? null : wholeString(said);
  if (exceptionType === '' || (said !== undefined && message === null)) return null;
  return { ...NOTHING, outcome, exceptionType, message };
}

/** Values that models make may be nested without end. */
const DEPTH_MAX = 200;

/** True for one literal of Python as `repr` writes it, containers included. */
function isLiteralText(text: string): boolean {
  return literalEnd(text, 0, 0) === text.length;
}

const CLOSING: Readonly<Partial<Record<string, string>>> = { '[': ']', '(': ')', '{': '}' };

/** Where the literal that begins at a place ends; -1 where none does. */
function literalEnd(text: string, start: number, depth: number): number {
  const scalar = literalLength(text, start);
  if (scalar > 0) return start + scalar;
  if (depth > DEPTH_MAX) return -1;
  for (const empty of ['set()', 'frozenset()']) {
    if (text.startsWith(empty, start)) return start + empty.length;
  }
  if (text.startsWith('frozenset({', start)) {
    const end = containerEnd(text, start + 'frozenset('.length, depth);
    return end > 0 && text[end] === ')' ? end + 1 : -1;
  }
  return containerEnd(text, start, depth);
}

function containerEnd(text: string, start: number, depth: number): number {
  const open = text[start] ?? '';
  const close = CLOSING[open];
  if (close === undefined) return -1;
  let at = start + 1;
  while (text[at] !== close) {
    at = literalEnd(text, at, depth + 1);
    if (at > 0 && open === '{' && text.startsWith(': ', at)) {
      at = literalEnd(text, at + 2, depth + 1);
    }
    if (at < 0) return -1;
    if (text.startsWith(', ', at)) at += 2;
    else if (open === '(' && text.startsWith(',)', at)) at += 1;
    else if (text[at] !== close) return -1;
  }
  return at + 1;
}
