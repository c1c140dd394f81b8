// The events of a row, parsed once however many texts are made of it.
import type { TraceRow } from '../contract/row.ts';
import type { TraceEvent } from '../contract/trace.ts';

type Row = Pick<TraceRow, 'events'>;

/** Goes with the row. Whoever reads events changes none of them. */
const parsed = new WeakMap<Row, readonly TraceEvent[]>();

/** Throws a SyntaxError where `events` is no JSON. */
export function eventsOf(row: Row): readonly TraceEvent[] {
  const known = parsed.get(row);
  if (known !== undefined) return known;
  const events = JSON.parse(row.events) as readonly TraceEvent[];
  parsed.set(row, events);
  return events;
}
