// Golden programs as published rows: their text without the comment that says how to call them, and their events.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceRow } from '../../../src/contract/row.ts';
import type { EndRecord, TraceEvent } from '../../../src/contract/trace.ts';
import { rowOf } from './rows.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'golden');

/** Lines keep their numbers: the comment becomes an empty line. */
export function goldenRow(name: string): TraceRow {
  const text = readFileSync(join(FOLDER, 'programs', `${name}.py`), 'utf8');
  const { events, end } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as {
    readonly events: readonly TraceEvent[];
    readonly end: EndRecord | null;
  };
  const call = /^# call: (.*)$/m.exec(text)?.[1] ?? 'run()';
  return rowOf({
    source: text.replace(/^#.*/, ''),
    call,
    entry: call.slice(0, call.indexOf('(')),
    outcome: end?.outcome ?? 'vanished',
    return_value: end?.returnValue ?? null,
    return_type: end?.returnType ?? null,
    return_is_literal: end?.returnIsLiteral ?? null,
    exception_type: end?.exceptionType ?? null,
    exception_message: end?.exceptionMessage ?? null,
    events,
  });
}
