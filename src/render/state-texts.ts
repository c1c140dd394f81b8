// The states of a trace as texts, each with what is needed to know whether the next one had to follow.
import type { TraceRow } from '../contract/row.ts';
import type { StateFact } from './choose-pairs.ts';
import { stateText } from './dynamic.ts';
import { dynamicState } from './dynamic-state.ts';
import { walk } from './steps.ts';
import { eventsOf } from './trace-events.ts';

export interface TextOfState {
  /** Place among the states of the trace. */
  readonly place: number;
  readonly text: string;
  /** True where C code changed something on the way here that no state tells of. */
  readonly isOpaque: boolean;
}

type Events = Pick<TraceRow, 'source' | 'events'>;

/** The events that show a state: those of the first thread. */
export function stateFacts(row: Events): StateFact[] {
  const events = eventsOf(row);
  return events.flatMap(({ kind, frame, line, thread }, index) =>
    thread === undefined || thread === 1 ? [{ index, kind, frame, line }] : [],
  );
}

/** The wanted states in the order of the trace; all of them without `wanted`. */
export function* stateTexts(row: Events, wanted?: ReadonlySet<number>): Generator<TextOfState> {
  const { machine, steps } = walk(row);
  let place = -1;
  for (const { event } of steps()) {
    place += 1;
    if (wanted !== undefined && !wanted.has(place)) continue;
    const isOpaque = event.opaque !== undefined && event.opaque.length > 0;
    yield { place, text: stateText(dynamicState(machine, event)), isOpaque };
  }
}
