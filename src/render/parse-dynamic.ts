// Reads the text of a dynamic state back, as a model may have written it: whatever is no state is refused with its place.
import { EVENT_KINDS } from '../contract/trace.ts';
import type {
  DynamicState,
  StateActivation,
  StateIterator,
  StateObject,
  StateValue,
} from './dynamic-state.ts';
import { Scanner } from './scanner.ts';

export type ParsedState =
  | { readonly kind: 'state'; readonly state: DynamicState }
  /** `line` counts from 1. */
  | { readonly kind: 'refused'; readonly line: number; readonly why: string };

type Named = StateObject['fields'];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Never throws: what is wrong is an answer. */
export function parseState(text: string): ParsedState {
  const lines = text.replace(/\n$/, '').split('\n');
  const [first = '', ...rest] = lines;
  const draft: Draft = { activations: [], globals: [], objects: [] };
  const event = parseEvent(new Scanner(first));
  if (typeof event === 'string') return { kind: 'refused', line: 1, why: event };
  for (const [index, line] of rest.entries()) {
    const why = parseLine(line, draft);
    if (why !== null) return { kind: 'refused', line: index + 2, why };
  }
  return { kind: 'state', state: { event, ...draft } };
}

interface Draft {
  readonly activations: (Mutable<StateActivation> & { names: [string, StateValue][] })[];
  readonly globals: [string, StateValue][];
  readonly objects: StateObject[];
}

const STATES: readonly string[] = ['created', 'suspended', 'running', 'done'];

function parseEvent(scan: Scanner): DynamicState['event'] | string {
  const first = scan.word();
  const kind = EVENT_KINDS.find((known) => known === first);
  if (kind === undefined) return 'begins with no kind of event';
  const none = { kind, op: null, arg: null, value: null };
  if (kind === 'instruction') {
    const op = scan.take(' ') ? scan.word() : null;
    const arg = scan.take(' ') ? scan.json() : null;
    return op !== null && scan.isAtEnd() ? { ...none, op, arg } : 'is no instruction';
  }
  const value = scan.take(' ') ? scan.value() : null;
  return scan.isAtEnd() ? { ...none, value } : 'holds more than an event';
}

/** What is wrong with the line, or null. */
function parseLine(line: string, draft: Draft): string | null {
  const scan = new Scanner(line);
  if (scan.take('in ')) return parseActivation(scan, draft);
  if (scan.take('global ')) {
    const entry = assignment(scan);
    if (entry === null) return 'is no assignment';
    draft.globals.push(entry);
    return null;
  }
  if (scan.take('@')) return parseObject(scan, draft);
  const activation = draft.activations.at(-1);
  if (!scan.take('  ') || activation === undefined) return 'is no part of a state';
  if (scan.take('stack: ')) {
    const stack = scan.list();
    if (stack === null || !scan.isAtEnd()) return 'is no stack';
    activation.stack = stack;
    return null;
  }
  const entry = assignment(scan);
  if (entry === null) return 'is no assignment';
  activation.names.push(entry);
  return null;
}

function assignment(scan: Scanner): [string, StateValue] | null {
  const name = scan.word();
  const value = name !== null && scan.take(' = ') ? scan.value() : null;
  return name === null || value === null || !scan.isAtEnd() ? null : [name, value];
}

function parseActivation(scan: Scanner, draft: Draft): string | null {
  const name = scan.word();
  const line = scan.take(' line ') ? scan.integer() : null;
  const start = scan.take('/') ? scan.integer() : 0;
  const progress = scan.take(' +') ? scan.integer() : 0;
  const isSuspended = scan.take(' suspended');
  const isWhole = name !== null && line !== null && start !== null && progress !== null;
  if (!isWhole || !scan.isAtEnd()) return 'is no activation';
  draft.activations.push({ name, line, start, progress, isSuspended, names: [], stack: [] });
  return null;
}

function parseObject(scan: Scanner, { objects }: Draft): string | null {
  if (scan.integer() !== objects.length + 1) return 'has no next number';
  const type = scan.take(' ') ? scan.word() : null;
  if (type === null) return 'has no type';
  const object: Mutable<StateObject> = { ...NOTHING, type };
  while (scan.take(' ')) {
    if (!parsePart(scan, object)) return 'has a part that is none';
  }
  if (!scan.isAtEnd()) return 'holds more than an object';
  objects.push(object);
  return null;
}

const NOTHING: StateObject = {
  type: '',
  name: null,
  repr: null,
  value: null,
  items: null,
  entries: null,
  len: null,
  links: [],
  fields: [],
  iterator: null,
};

/** True where a part was read into the object. */
function parsePart(scan: Scanner, object: Mutable<StateObject>): boolean {
  if (scan.take('name ')) return (object.name = scan.word()) !== null;
  if (scan.take('repr ')) return (object.repr = scan.json()) !== null;
  if (scan.take('value ')) return (object.value = scan.value()) !== null;
  if (scan.take('items ')) return (object.items = scan.list()) !== null;
  if (scan.take('entries ')) return (object.entries = scan.pairs()) !== null;
  if (scan.take('of ')) return (object.len = scan.integer()) !== null;
  if (scan.take('links ')) return take(scan.fields(), (links) => (object.links = links));
  if (scan.take('fields ')) return take(scan.fields(), (fields) => (object.fields = fields));
  if (!scan.take('iterator')) return false;
  object.iterator = parseIterator(scan);
  return object.iterator !== null;
}

function take(found: Named | null, put: (found: Named) => void): boolean {
  if (found !== null) put(found);
  return found !== null;
}

function parseIterator(scan: Scanner): StateIterator | null {
  const iterator: Mutable<StateIterator> = {
    state: null,
    line: null,
    over: null,
    at: null,
    left: null,
  };
  while (!scan.isAtEnd()) {
    if (!parseIteratorPart(scan, iterator)) return null;
  }
  return iterator;
}

function parseIteratorPart(scan: Scanner, iterator: Mutable<StateIterator>): boolean {
  if (scan.take(' state ')) {
    const state = scan.word();
    iterator.state = state as StateIterator['state'];
    return state !== null && STATES.includes(state);
  }
  if (scan.take(' line ')) return (iterator.line = scan.integer()) !== null;
  if (scan.take(' over ')) return (iterator.over = scan.value()) !== null;
  if (scan.take(' at ')) return (iterator.at = scan.digits()) !== null;
  return scan.take(' left ') && (iterator.left = scan.list()) !== null;
}
