// What all text formats share: the events of a row with the state that each shows, and its line of the source.
import type { TraceRow } from '../contract/row.ts';
import type { TraceEvent, TraceValue } from '../contract/trace.ts';
import { Machine } from './machine.ts';
import type { Activation } from './machine.ts';
import { eventsOf } from './trace-events.ts';

export interface Step {
  /** Index of the event in the row. */
  readonly index: number;
  readonly event: TraceEvent;
  readonly activation: Activation;
  /** The line of the source, with its indentation and without its end. */
  readonly source: string;
}

/** A part of a text that shows a history: cut after a whole piece, a text still says nothing wrong. */
export interface Piece {
  readonly text: string;
  /** Index of the event that it ends with. */
  readonly step: number;
}

export const joined = (pieces: Iterable<Piece>): string =>
  [...pieces].map(({ text }) => text).join('');

export interface Walk {
  readonly machine: Machine;
  /** Of the first event; 1 where there is none. */
  readonly firstLine: number;
  /** Each step changes the machine: what is wanted of its state must be taken before the next one. */
  readonly steps: () => Generator<Step>;
}

/** Only the first thread: what other threads do shows where the first one sees it. */
export function walk(row: Pick<TraceRow, 'source' | 'events'>): Walk {
  const machine = new Machine();
  const lines = row.source.split('\n');
  const events = eventsOf(row);
  return {
    machine,
    firstLine: events[0]?.line ?? 1,
    *steps() {
      for (const [index, event] of events.entries()) {
        const activation = machine.take(event);
        if (event.thread !== undefined && event.thread !== 1) continue;
        yield { index, event, activation, source: lines[event.line - 1] ?? '' };
      }
    },
  };
}

const COMPREHENSION = '<comp>.';

/** The names of an activation as `locals()` shows them: a variable of an inlined comprehension hides one of its own name. */
export function localNames({ names }: Activation): Map<string, TraceValue> {
  const shown = new Map<string, TraceValue>();
  for (const [name, value] of names) {
    if (!name.startsWith(COMPREHENSION)) shown.set(name, value);
  }
  for (const [name, value] of names) {
    if (name.startsWith(COMPREHENSION)) shown.set(name.slice(COMPREHENSION.length), value);
  }
  return shown;
}

/** JSON as Python's `json.dumps` writes it: all that is not ASCII is escaped. */
export function pythonJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** True where the program decided how the call ended, so that the events are all there are. */
export function isWhole({ outcome }: Pick<TraceRow, 'outcome'>): boolean {
  return outcome === 'returned' || outcome === 'raised' || outcome === 'exited';
}
