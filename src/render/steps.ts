// What all text formats share: the events of a row with the state that each shows, and its line of the source.
import type { TraceRow } from '../contract/row.ts';
import type { TraceEvent, TraceValue } from '../contract/trace.ts';
import { Machine } from './machine.ts';
import type { Activation } from './machine.ts';

export interface Step {
  readonly event: TraceEvent;
  readonly activation: Activation;
  /** The line of the source, with its indentation and without its end. */
  readonly source: string;
}

export interface Walk {
  readonly machine: Machine;
  /** Each step changes the machine: what is wanted of its state must be taken before the next one. */
  steps(): Generator<Step>;
}

/** Only the first thread: what other threads do shows where the first one sees it. */
export function walk(row: Pick<TraceRow, 'source' | 'events'>): Walk {
  const machine = new Machine();
  const lines = row.source.split('\n');
  const events = JSON.parse(row.events) as readonly TraceEvent[];
  return {
    machine,
    *steps() {
      for (const event of events) {
        const activation = machine.take(event);
        if (event.thread !== undefined && event.thread !== 1) continue;
        yield { event, activation, source: lines[event.line - 1] ?? '' };
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
