// The dynamic scratchpad as text: docs/text-formats.md has the grammar, parse-dynamic.ts reads it back.
import type { TraceRow } from '../contract/row.ts';
import { dynamicState } from './dynamic-state.ts';
import type {
  DynamicState,
  StateActivation,
  StateIterator,
  StateObject,
  StateValue,
} from './dynamic-state.ts';
import { walk } from './steps.ts';

type Named = StateObject['fields'];

/** As it stands where it is one word that nothing else could be, else as a JSON string. */
export const word = (text: string): string =>
  /^[^\s"=,(){}[\]@]+$/.test(text) ? text : JSON.stringify(text);

const listed = (values: readonly StateValue[]): string => `[${values.join(', ')}]`;
const fieldsText = (fields: Named): string =>
  `(${fields.map(([name, value]) => `${word(name)}=${value}`).join(', ')})`;

function activationLines({
  name,
  line,
  start,
  progress,
  isSuspended,
  names,
  stack,
}: StateActivation): string[] {
  const place = `${String(line)}${start === 0 ? '' : `/${String(start)}`}`;
  const within = progress === 0 ? '' : ` +${String(progress)}`;
  return [
    `in ${word(name)} line ${place}${within}${isSuspended ? ' suspended' : ''}`,
    ...names.map(([key, value]) => `  ${word(key)} = ${value}`),
    ...(stack.length === 0 ? [] : [`  stack: ${listed(stack)}`]),
  ];
}

function iteratorWords({ state, line, over, at, left }: StateIterator): string[] {
  return [
    ...(state === null ? [] : [`state ${state}`]),
    ...(line === null ? [] : [`line ${String(line)}`]),
    ...(over === null ? [] : [`over ${over}`]),
    ...(at === null ? [] : [`at ${at}`]),
    ...(left === null ? [] : [`left ${listed(left)}`]),
  ];
}

function objectLine(object: StateObject, index: number): string {
  const { type, name, repr, value, items, entries, len, links, fields, iterator } = object;
  return [
    `@${String(index + 1)} ${word(type)}`,
    ...(name === null ? [] : [`name ${word(name)}`]),
    ...(repr === null ? [] : [`repr ${JSON.stringify(repr)}`]),
    ...(value === null ? [] : [`value ${value}`]),
    ...(items === null ? [] : [`items ${listed(items)}`]),
    ...(entries === null
      ? []
      : [`entries {${entries.map(([key, one]) => `${key}: ${one}`).join(', ')}}`]),
    ...(len === null ? [] : [`of ${String(len)}`]),
    ...(links.length === 0 ? [] : [`links ${fieldsText(links)}`]),
    ...(fields.length === 0 ? [] : [`fields ${fieldsText(fields)}`]),
    ...(iterator === null ? [] : ['iterator', ...iteratorWords(iterator)]),
  ].join(' ');
}

function eventLine({ kind, op, arg, value }: DynamicState['event']): string {
  if (op !== null) return `${kind} ${op}${arg === null ? '' : ` ${JSON.stringify(arg)}`}`;
  return value === null ? kind : `${kind} ${value}`;
}

/** One line for each thing of the state; ends with a line feed. */
export function stateText(state: DynamicState): string {
  return [
    eventLine(state.event),
    ...state.activations.flatMap(activationLines),
    ...state.globals.map(([name, value]) => `global ${word(name)} = ${value}`),
    ...state.objects.map(objectLine),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The state of each event of the row, in order. */
export function* dynamicStates(row: Pick<TraceRow, 'source' | 'events'>): Generator<DynamicState> {
  const walked = walk(row);
  for (const { event } of walked.steps()) yield dynamicState(walked.machine, event);
}

/** The texts of all states, with an empty line between two. */
export function renderDynamic(row: Pick<TraceRow, 'source' | 'events'>): string {
  return [...dynamicStates(row)].map(stateText).join('\n');
}
