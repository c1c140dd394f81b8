// Scratchpads: the lines that run, one after the other, between them the state. `scratchpad` writes all variables of the
// scope each time (after Nye et al., arXiv 2112.00114, Appendix C), `compact` only those that are new or another.
import type { TraceRow } from '../contract/row.ts';
import { jsonValue } from './json-value.ts';
import { localNames, pythonJson, walk } from './steps.ts';
import type { Step, Walk } from './steps.ts';

export interface ScratchpadOptions {
  /** Whether the lines of functions that the entry calls are shown. */
  readonly stepIn: boolean;
}

const STEP_IN: ScratchpadOptions = { stepIn: true };

interface Pad {
  readonly walk: Walk;
  readonly entry: number;
  readonly options: ScratchpadOptions;
}

const objectOf = (parts: readonly (readonly [string, string])[]): string =>
  `{${parts.map(([name, value]) => `${pythonJson(name)}: ${value}`).join(', ')}}`;

function stateOf({ walk: { machine } }: Pad, { activation }: Step): [string, string][] {
  return [...localNames(activation)].map(([name, value]) => [name, jsonValue(machine.heap, value)]);
}

function* linesOf(pad: Pad): Generator<Step> {
  for (const step of pad.walk.steps()) {
    if (pad.options.stepIn || step.event.frame === pad.entry) yield step;
  }
}

const calleeOf = (entry: string): [string, string] => [
  entry,
  pythonJson(`<callable_object ${entry}>`),
];

/** How the call ended, as the state of the module: its value under `output`, or what was raised. */
function endOf(row: TraceRow, last: string | null): string[] {
  if (last === null) return [];
  if (row.outcome === 'returned')
    return [`state: ${objectOf([calleeOf(row.entry), ['output', last]])}`];
  return row.exception_type === null ? [] : [`raised: ${row.exception_type}`];
}

function open(row: TraceRow, options: ScratchpadOptions): Pad {
  return { walk: walk(row), entry: 1, options };
}

/** `state: {…}` before each `line: …`; the first lines define and call the entry. */
export function renderScratchpad(row: TraceRow, options: ScratchpadOptions = STEP_IN): string {
  const pad = open(row, options);
  const text: string[] = [];
  let last: string | null = null;
  for (const step of linesOf(pad)) {
    const { event, source } = step;
    if (text.length === 0) {
      text.push('state: {}', `line: ${source}`, `state: ${objectOf([calleeOf(row.entry)])}`);
      text.push(`line: output = ${row.call}`);
    }
    if (event.kind === 'line')
      text.push(`state: ${objectOf(stateOf(pad, step))}`, `line: ${source}`);
    if (event.kind === 'return') last = jsonValue(pad.walk.machine.heap, event.value);
    if (event.kind === 'unwind') last = '';
  }
  return [...text, ...endOf(row, last)].map((line) => `${line}\n`).join('');
}

/** Names that are new or another since this activation was last shown, and those that are gone. */
function changesOf(
  before: ReadonlyMap<string, string>,
  now: readonly (readonly [string, string])[],
) {
  const names = new Set(now.map(([name]) => name));
  return {
    set: now.filter(([name, value]) => before.get(name) !== value),
    gone: [...before.keys()].filter((name) => !names.has(name)),
  };
}

/** `line: …`, and below it `set: {…}` and `del: …` where the activation has changed since it was last shown. */
export function renderCompact(row: TraceRow, options: ScratchpadOptions = STEP_IN): string {
  const pad = open(row, options);
  const shown = new Map<number, Map<string, string>>();
  const text: string[] = [];
  for (const step of linesOf(pad)) {
    const { event, activation, source } = step;
    const now = stateOf(pad, step);
    const { set, gone } = changesOf(shown.get(event.frame) ?? new Map<string, string>(), now);
    shown.set(event.frame, new Map(now));
    if (event.kind === 'call') {
      text.push(`call: ${activation.name} ${objectOf(now)}`);
      continue;
    }
    if (set.length > 0) text.push(`set: ${objectOf(set)}`);
    if (gone.length > 0) text.push(`del: ${gone.join(', ')}`);
    if (event.kind === 'line') text.push(`line: ${source}`);
    else if ('value' in event)
      text.push(`${event.kind}: ${jsonValue(pad.walk.machine.heap, event.value)}`);
    else if (event.kind === 'resume') text.push(`resume: ${activation.name}`);
  }
  return text.map((line) => `${line}\n`).join('');
}
