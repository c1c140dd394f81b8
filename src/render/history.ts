// What the formats that show a history have in common: each event with the variables of its activation as JSON, and what of
// them is new, another or gone since that activation was last shown.
import type { TraceRow } from '../contract/row.ts';
import type { EventKind } from '../contract/trace.ts';
import type { JsonEntry } from './json-scan.ts';
import { jsonValue } from './json-value.ts';
import type { Machine } from './machine.ts';
import { localNames, pythonJson, walk } from './steps.ts';
import type { Step } from './steps.ts';

export interface HistoryStep {
  /** Index of the event in the row. */
  readonly index: number;
  readonly kind: EventKind;
  readonly frame: number;
  readonly depth: number;
  readonly line: number;
  /** The line of the source, with its indentation. */
  readonly source: string;
  /** Qualified name of the activation's code. */
  readonly name: string;
  /** Of a call its arguments. */
  readonly set: readonly JsonEntry[];
  readonly gone: readonly string[];
  /** JSON; null where the event has none. */
  readonly value: string | null;
  /** Of an instruction: opcode and, as a JSON string, its argument. */
  readonly op: string | null;
}

export const objectOf = (entries: readonly JsonEntry[]): string =>
  `{${entries.map(([name, value]) => `${pythonJson(name)}: ${value}`).join(', ')}}`;

/** All variables of the activation, in the order in which they were first bound. */
export function variablesOf(
  { heap }: Machine,
  { activation }: Pick<Step, 'activation'>,
): JsonEntry[] {
  return [...localNames(activation)].map(([name, value]) => [name, jsonValue(heap, value)]);
}

/** What each activation showed last. */
class Shown {
  readonly #shown = new Map<number, ReadonlyMap<string, string>>();

  /** Takes up what an activation shows now. */
  changes(frame: number, now: readonly JsonEntry[]): Pick<HistoryStep, 'set' | 'gone'> {
    const before = this.#shown.get(frame);
    const names = new Map(now);
    this.#shown.set(frame, names);
    return {
      set: now.filter(([name, value]) => before?.get(name) !== value),
      gone: before === undefined ? [] : [...before.keys()].filter((name) => !names.has(name)),
    };
  }
}

export interface HistoryOptions {
  /** Whether functions that the entry calls are shown. */
  readonly stepIn: boolean;
  /** Whether instructions are steps of their own. */
  readonly instructions: boolean;
}

const ENTRY = 1;

export function* historySteps(
  row: Pick<TraceRow, 'source' | 'events'>,
  { stepIn, instructions }: HistoryOptions,
): Generator<HistoryStep> {
  const { machine, steps } = walk(row);
  const shown = new Shown();
  for (const { index, event, activation, source } of steps()) {
    const { kind, frame, depth, line } = event;
    if ((kind === 'instruction' && !instructions) || (frame !== ENTRY && !stepIn)) continue;
    yield {
      ...{ index, kind, frame, depth, line, source },
      name: activation.name,
      ...shown.changes(frame, variablesOf(machine, { activation })),
      value: 'value' in event ? jsonValue(machine.heap, event.value) : null,
      op: kind === 'instruction' ? [event.op, ...argumentOf(event.arg)].join(' ') : null,
    };
  }
}

const argumentOf = (arg: string | undefined): string[] =>
  arg === undefined ? [] : [JSON.stringify(arg)];

/** `set {…}` and `del a, b`, as far as there is something to say; `after` stands behind the words. */
export function changeWords(
  { set, gone }: Pick<HistoryStep, 'set' | 'gone'>,
  after = ' ',
): string[] {
  return [
    ...(set.length === 0 ? [] : [`set${after}${objectOf(set)}`]),
    ...(gone.length === 0 ? [] : [`del${after}${gone.join(', ')}`]),
  ];
}
