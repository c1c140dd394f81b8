// One published row as text for people: the source, the call, each event as a step with the line it is about to run and
// below it what that changed, and how it ended. A digest: iterators and callees are in the row only, and so is the operand
// stack, but before an instruction.
import type { TraceRow } from '../contract/row.ts';
import type { HeapEntry, InstructionEvent, TraceEvent, TraceValue } from '../contract/trace.ts';
import { ObjectTable } from './objects.ts';
import { visible, visibleLine } from './visible.ts';
import { eventsOf } from './trace-events.ts';

export type ReadableStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface ReadableOptions {
  readonly paint: (style: ReadableStyle, text: string) => string;
  /** Columns; longer lines are cut in their middle. */
  readonly width: number;
  readonly eventsMax: number;
}

/** A whole module stands behind a function of kind import: its own lines are enough. */
const SOURCE_LINES_SHOWN = 60;
const GUTTER = 14;

interface Reading {
  readonly options: ReadableOptions;
  readonly lines: readonly string[];
  readonly objects: ObjectTable;
  /** Names of each frame with their values, to say by which name an object that changed is known. */
  readonly names: Map<number, Map<string, TraceValue>>;
  /** Columns by which the body of each frame's code stands in. */
  readonly margins: Map<number, number>;
  /** The operand stack of each frame, bottom first: shown before each instruction. */
  readonly stacks: Map<number, readonly TraceValue[]>;
}

const counted = (count: number, noun: string): string =>
  `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

function headLines(row: TraceRow, { paint, width }: ReadableOptions): string[] {
  const place = [row.path, row.qualname ?? row.entry].filter(
    (part) => part !== null && part !== '',
  );
  const title = `${place.join('::')}#${String(row.input_index)}`;
  const labels = row.labels.length === 0 ? '' : `, ${row.labels.join(', ')}`;
  const size = `${counted(row.n_events, 'event')}, ${counted(row.n_calls, 'call')}, depth ${String(row.depth_max)}`;
  return [
    paint('bold', visibleLine(title, width)),
    paint('dim', `${row.id.slice(0, 12)}  CPython ${row.python}, ${row.tracer}: ${size}${labels}`),
    '',
  ];
}

function sourceLines(row: TraceRow, { paint, width }: ReadableOptions): string[] {
  const all = row.source.replace(/\n$/, '').split('\n');
  const isWhole = all.length <= SOURCE_LINES_SHOWN;
  const first = isWhole ? 1 : (row.line_start ?? 1);
  const last = isWhole
    ? all.length
    : Math.min(row.line_end ?? all.length, first + SOURCE_LINES_SHOWN - 1);
  const numbered = all.slice(first - 1, last).map((line, index) => {
    const number = paint('dim', String(first + index).padStart(6));
    return `${number}  ${visibleLine(line, width - 8)}`.trimEnd();
  });
  return row.line_end !== null && last < row.line_end
    ? [...numbered, `${' '.repeat(8)}…`, '']
    : [...numbered, ''];
}

function inputLines(row: TraceRow, { paint, width }: ReadableOptions): string[] {
  const lines = [...row.setup.split('\n'), ...row.call.split('\n')].filter((line) => line !== '');
  const shown = lines.map((line) => `${paint('cyan', '>>>')} ${visibleLine(line, width - 4)}`);
  const stdin =
    row.stdin === '' ? [] : [`stdin ${visibleLine(JSON.stringify(row.stdin), width - 6)}`];
  return [...shown, ...stdin, ''];
}

/** `xs = [1, 2] @3`: objects keep their number, so that two names of one object are seen to be one. */
function assigned(reading: Reading, name: string, value: TraceValue): string {
  const number = typeof value === 'string' && /^@\d+$/.test(value) ? ` ${value}` : '';
  return `${name} = ${reading.objects.text(value)}${number}`;
}

function knownNames(reading: Reading, frame: number): Map<string, TraceValue> {
  const known = reading.names.get(frame) ?? new Map<string, TraceValue>();
  reading.names.set(frame, known);
  return known;
}

function heapChanges(
  reading: Reading,
  event: TraceEvent,
  heap: Readonly<Record<string, HeapEntry>>,
): string[] {
  const known = knownNames(reading, event.frame);
  return reading.objects.take(heap).flatMap((number) => {
    const reference = `@${number}`;
    if (Object.values(event.set ?? {}).includes(reference)) return [];
    const names = [...known].filter(([, value]) => value === reference).map(([name]) => name);
    const text = reading.objects.text(reference);
    return [
      names.length === 0 ? `${reference} = ${text}` : `${names.join(' = ')} = ${text} ${reference}`,
    ];
  });
}

/** What changed since the event before, as assignments. */
function changesOf(
  reading: Reading,
  event: TraceEvent,
): { arguments: string[]; changes: string[] } {
  const heap = heapChanges(reading, event, event.heap ?? {});
  const known = knownNames(reading, event.frame);
  for (const name of event.unset ?? []) known.delete(name);
  const set = Object.entries(event.set ?? {}).map(([name, value]) => {
    known.set(name, value);
    return assigned(reading, name, value);
  });
  const globals = Object.entries(event.globals ?? {}).map(
    ([name, value]) => `global ${assigned(reading, name, value)}`,
  );
  const gone = [...(event.unset ?? []), ...(event.unsetGlobals ?? [])].map((name) => `del ${name}`);
  return event.kind === 'call'
    ? { arguments: set, changes: [...heap, ...gone, ...globals] }
    : { arguments: [], changes: [...set, ...heap, ...gone, ...globals] };
}

const BODY_INDENT = 4;
const INDENT_SHOWN_MAX = 16;
const INSTRUCTION_COLUMNS = 28;

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** The line of the source as far in as it stands in its function, so that loops and branches can be seen. */
function statementOf({ lines, margins }: Reading, { frame, line }: TraceEvent): string {
  const text = lines[line - 1] ?? '';
  const inside = indentOf(text) - (margins.get(frame) ?? 0);
  return `${' '.repeat(Math.min(INDENT_SHOWN_MAX, Math.max(0, inside)))}${text.trimStart()}`;
}

/** `BINARY_OP +            1, 2`: the instruction, and what it finds on the stack, top last. */
function instructionText(reading: Reading, { op, arg, frame }: InstructionEvent): string {
  const text = `${op}${arg === undefined ? '' : ` ${arg}`}`;
  const stack = (reading.stacks.get(frame) ?? []).map((value) => reading.objects.text(value));
  return stack.length === 0 ? text : `${text.padEnd(INSTRUCTION_COLUMNS)} ${stack.join(', ')}`;
}

/** What happens at an event: the word for it (none for a line of the source) and the rest. */
function stepText(
  reading: Reading,
  event: TraceEvent,
  given: readonly string[],
): readonly [string, string] {
  switch (event.kind) {
    case 'call':
      reading.margins.set(event.frame, indentOf(reading.lines[event.line - 1] ?? '') + BODY_INDENT);
      return ['call ', `${event.name}(${given.join(', ')})`];
    case 'line':
      return ['', statementOf(reading, event)];
    case 'instruction':
      return ['', instructionText(reading, event)];
    case 'resume':
      return ['resume', ''];
    case 'return':
    case 'yield':
    case 'handled':
    case 'raise':
    case 'unwind':
      return [`${event.kind} `, reading.objects.text(event.value)];
  }
}

function eventLines(reading: Reading, event: TraceEvent, step: number): string[] {
  const { paint, width } = reading.options;
  const indent = '  '.repeat(Math.min(event.depth - 1, 10));
  const room = width - GUTTER - indent.length;
  const { arguments: given, changes } = changesOf(reading, event);
  const below = (text: string, style: ReadableStyle): string =>
    `${' '.repeat(GUTTER)}${indent}${paint(style, visibleLine(`  → ${text}`, room))}`;
  if (event.stack !== undefined) reading.stacks.set(event.frame, event.stack);
  const [word, rest] = stepText(reading, event, given);
  const place = `${String(step).padStart(6)}${String(event.line).padStart(6)}  `;
  const output = [
    ...(event.stdout === undefined ? [] : [`stdout ${JSON.stringify(event.stdout)}`]),
    ...(event.stderr === undefined ? [] : [`stderr ${JSON.stringify(event.stderr)}`]),
  ];
  return [
    ...changes.map((change) => below(change, 'green')),
    `${paint('dim', place)}${indent}${paint('cyan', word)}${visibleLine(rest, room - word.length)}`,
    ...output.map((text) => below(text, 'dim')),
  ];
}

/** A returned value that is no literal is a small trace of its own: a value and its objects. */
function returnedText(row: TraceRow): string {
  if (row.return_value === null) return '';
  if (row.return_is_literal !== false) return row.return_value;
  const parsed = JSON.parse(row.return_value) as {
    value: TraceValue;
    heap?: Readonly<Record<string, HeapEntry>>;
  };
  const objects = new ObjectTable();
  objects.take(parsed.heap ?? {});
  return objects.text(parsed.value);
}

function endLines(row: TraceRow, { paint, width }: ReadableOptions): string[] {
  const said =
    row.outcome === 'returned'
      ? returnedText(row)
      : [row.exception_type, row.exception_message ?? row.limit_hit]
          .filter((part) => part !== null)
          .join(': ');
  const style = row.outcome === 'returned' ? 'green' : 'yellow';
  const verdict = row.reasons.length === 0 ? 'accepted' : `rejected: ${row.reasons.join(', ')}`;
  return [
    '',
    `${paint(style, row.outcome)} ${visibleLine(said, width - row.outcome.length - 1)}`.trimEnd(),
    ...(row.stdout === '' ? [] : [`stdout ${visibleLine(JSON.stringify(row.stdout), width - 7)}`]),
    ...(row.stderr === '' ? [] : [`stderr ${visibleLine(JSON.stringify(row.stderr), width - 7)}`]),
    paint('dim', visible(verdict)),
  ];
}

/** The whole text, without a line feed at its end. Throws a SyntaxError where `events` is no JSON. */
export function renderReadable(row: TraceRow, options: ReadableOptions): string {
  const events = eventsOf(row);
  const reading: Reading = {
    options,
    lines: row.source.split('\n'),
    objects: new ObjectTable(),
    names: new Map(),
    margins: new Map(),
    stacks: new Map(),
  };
  const shown = events.slice(0, options.eventsMax);
  const more = events.length - shown.length;
  return [
    ...headLines(row, options),
    ...sourceLines(row, options),
    ...inputLines(row, options),
    ...(events.length === 0 ? [] : [options.paint('dim', '  step  line')]),
    ...shown.flatMap((event, step) => eventLines(reading, event, step)),
    ...(more === 0 ? [] : [options.paint('dim', `        … ${String(more)} more events`)]),
    ...endLines(row, options),
  ].join('\n');
}
