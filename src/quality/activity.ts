// How much happens in a trace, and the shape of its states: what rules ask of the column `events`.
import type { TraceEvent } from '../contract/trace.ts';
import { digestOf } from '../identity/digest.ts';

const parsed = (events: string): readonly TraceEvent[] => JSON.parse(events) as TraceEvent[];

export interface TraceActivity {
  /** Distinct lines that ran. */
  readonly lines: number;
  /** Events after the first that set or unset a variable, or changed an object. */
  readonly changes: number;
}

export function activityOf(events: string): TraceActivity {
  const lines = new Set<number>();
  let changes = 0;
  for (const [index, event] of parsed(events).entries()) {
    if (event.kind === 'line') lines.add(event.line);
    const { set, unset, globals, unsetGlobals, heap } = event;
    const changed = [set, unset, globals, unsetGlobals, heap].some((part) => part !== undefined);
    if (index > 0 && changed) changes += 1;
  }
  return { lines: lines.size, changes };
}

/** None, one, two, or more: where a loop or a container differs in more than its length. */
const bucket = (length: number): string => String(Math.min(length, 3));

/** The kind of a literal and what is special about it, never its value. */
function literalShape(text: string): string {
  if (text.startsWith('@')) return '@';
  if (/^-?\d/.test(text)) {
    const number = Number(text);
    const sign = number === 0 ? '0' : number < 0 ? '-' : '+';
    return `${/^-?\d+$/.test(text) ? 'int' : 'number'}${sign}`;
  }
  if (text.startsWith('(')) return '(';
  const quote = /^([rb]*)['"]/.exec(text);
  if (quote === null) return text;
  return `${quote[1] === '' ? 'str' : 'bytes'}${text.length - (quote[1]?.length ?? 0) === 2 ? '0' : ''}`;
}

/** Names and positions stay; values become their kinds, lists their length and the kinds that they hold. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'string') return literalShape(value);
  if (Array.isArray(value)) {
    const kinds = new Set(value.map((item) => JSON.stringify(shapeOf(item))));
    return [bucket(value.length), ...[...kinds].sort()];
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, shapeOf(item)]);
}

/** Equal where two traces took one path and every state of theirs had the same kinds of values. */
export function stateSignature(row: { path_digest: string; events: string }): string {
  const shapes = parsed(row.events).map((event) => [
    shapeOf(event.set ?? null),
    event.unset ?? null,
    shapeOf(event.globals ?? null),
    Object.values(event.heap ?? {}).map(shapeOf),
    'value' in event ? shapeOf(event.value) : null,
  ]);
  return digestOf('state-signature', [row.path_digest, JSON.stringify(shapes)]);
}
