// One state that stands for itself, without history: all that decides how the program goes on. Objects are numbered anew in
// each state, in the order in which it names them, so that equal states are equal whatever came before.
import type { IteratorState, TraceEvent, TraceValue } from '../contract/trace.ts';
import { isReference } from './heap.ts';
import type { LiveObject } from './heap.ts';
import type { Activation, Machine } from './machine.ts';

/** A Python literal, `@n` of this state, `NULL`, or the JSON of a cut. */
export type StateValue = string;
type Named = readonly (readonly [name: string, value: StateValue])[];

export interface StateActivation {
  readonly name: string;
  readonly line: number;
  /** Which of the places where its line begins with as many values on the stack. */
  readonly start: number;
  /** Events of its own, and calls and resumptions that it made, since its line began. */
  readonly progress: number;
  readonly isSuspended: boolean;
  /** In the order in which they were first bound. */
  readonly names: Named;
  /** Bottom first. */
  readonly stack: readonly StateValue[];
}

/** Parts that the object does not have are null; the words are those of docs/trace-format.md. */
export interface StateObject {
  readonly type: string;
  readonly name: string | null;
  readonly repr: string | null;
  readonly value: StateValue | null;
  readonly items: readonly StateValue[] | null;
  readonly entries: Named | null;
  /** Length where a limit cut it. */
  readonly len: number | null;
  readonly links: Named;
  readonly fields: Named;
  readonly iterator: StateIterator | null;
}

export interface StateIterator {
  readonly state: IteratorState['state'] | null;
  readonly line: number | null;
  readonly over: StateValue | null;
  /** Decimal. */
  readonly at: string | null;
  readonly left: readonly StateValue[] | null;
}

export interface DynamicState {
  readonly event: {
    readonly kind: TraceEvent['kind'];
    /** Of an instruction: opcode and argument. */
    readonly op: string | null;
    readonly arg: string | null;
    readonly value: StateValue | null;
  };
  /** Those on the stack, outermost first; then suspended ones in the order in which they began. */
  readonly activations: readonly StateActivation[];
  readonly globals: Named;
  /** Object n at index n - 1: those that the state names, and those that they name. */
  readonly objects: readonly StateObject[];
}

class Numbering {
  readonly #numbers = new Map<string, number>();
  /** References of the trace, by number. */
  readonly order: string[] = [];

  value(value: TraceValue): StateValue {
    if (typeof value !== 'string') return JSON.stringify(value);
    if (!isReference(value)) return value;
    const known = this.#numbers.get(value);
    if (known !== undefined) return `@${String(known)}`;
    const number = this.order.push(value);
    this.#numbers.set(value, number);
    return `@${String(number)}`;
  }

  named(entries: Iterable<readonly [string, TraceValue]>): Named {
    return [...entries].map(([name, value]) => [name, this.value(value)] as const);
  }

  all(values: readonly TraceValue[]): StateValue[] {
    return values.map((value) => this.value(value));
  }
}

function activationState(activation: Activation, numbers: Numbering): StateActivation {
  const { name, line, start, progress, names, stack, state } = activation;
  return {
    name,
    line,
    start,
    progress,
    isSuspended: state === 'suspended',
    names: numbers.named(names),
    stack: numbers.all(stack),
  };
}

function iteratorState(state: IteratorState, numbers: Numbering): StateIterator {
  return {
    state: state.state ?? null,
    line: state.line ?? null,
    over: state.over === undefined ? null : numbers.value(state.over),
    at: state.at === undefined ? null : String(state.at),
    left: state.left === undefined ? null : numbers.all(state.left),
  };
}

function objectState(
  object: LiveObject | null,
  iterator: IteratorState | undefined,
  numbers: Numbering,
): StateObject {
  return {
    type: object?.type ?? '?',
    name: object?.name ?? null,
    repr: object?.repr ?? null,
    value: object?.value == null ? null : numbers.value(object.value),
    items: object?.items == null ? null : numbers.all(object.items),
    entries:
      object?.entries?.map(([key, value]) => [numbers.value(key), numbers.value(value)] as const) ??
      null,
    len: object?.len ?? null,
    links: numbers.named(Object.entries(object?.links ?? {})),
    fields: numbers.named(object?.fields ?? []),
    iterator: iterator === undefined ? null : iteratorState(iterator, numbers),
  };
}

function eventState(event: TraceEvent, numbers: Numbering): DynamicState['event'] {
  return {
    kind: event.kind,
    op: event.kind === 'instruction' ? event.op : null,
    arg: event.kind === 'instruction' ? (event.arg ?? null) : null,
    value: 'value' in event ? numbers.value(event.value) : null,
  };
}

/** The state that an event shows, once the machine has taken it up. */
export function dynamicState(machine: Machine, event: TraceEvent): DynamicState {
  const numbers = new Numbering();
  const stack = machine.stack();
  const suspended = [...machine.activations.values()].filter(
    (activation) => activation.state === 'suspended' && !stack.includes(activation),
  );
  const head = {
    event: eventState(event, numbers),
    activations: [...stack, ...suspended].map((each) => activationState(each, numbers)),
    globals: numbers.named(machine.globals),
  };
  const objects: StateObject[] = [];
  // The list grows while it is read: an object names others.
  for (const reference of numbers.order) {
    const iterator = machine.iterators.get(reference);
    objects.push(objectState(machine.heap.get(reference), iterator, numbers));
  }
  return { ...head, objects };
}
