// The state of a traced program at each event: which activations live, what their names hold, their operand stacks, the
// iterators and the globals. Built from the events of a row alone; every text format starts from here.
import type { IteratorState, TraceEvent, TraceValue } from '../contract/trace.ts';
import { Heap } from './heap.ts';

/** One activation. */
export interface Activation {
  readonly number: number;
  /** Qualified name of its code. */
  readonly name: string;
  /** Number of the activation that called it, or null. */
  readonly caller: number | null;
  /** Of its call: where its code begins. */
  readonly firstLine: number;
  line: number;
  /** Which of the places where its line begins with as many values on the stack. */
  start: number;
  /** Events of its own, and calls and resumptions that it made, since its line began: where it is within the line. */
  progress: number;
  /** In the order in which they were first bound. */
  readonly names: Map<string, TraceValue>;
  stack: readonly TraceValue[];
  state: 'running' | 'suspended' | 'ended';
}

export class Machine {
  readonly heap = new Heap();
  readonly activations = new Map<number, Activation>();
  readonly globals = new Map<string, TraceValue>();
  /** By `@n`. */
  readonly iterators = new Map<string, IteratorState>();
  /** By thread: the activations on its stack, outermost first. */
  readonly #stacks = new Map<number, Activation[]>();

  /**
   * Takes up an event: afterwards the state is the one that the event shows, so at a line event the one before that line
   * runs. An activation that returns or unwinds still stands on the stack then, and leaves it with the next event.
   */
  take(event: TraceEvent): Activation {
    const stack = this.#stackOf(event.thread ?? 1);
    this.#leaveEnded(stack);
    this.heap.take(event.heap ?? {});
    const activation = this.#enter(event, stack);
    this.#bind(event, activation);
    if (event.stack !== undefined) activation.stack = event.stack;
    for (const [reference, state] of Object.entries(event.iters ?? {})) {
      this.iterators.set(reference, { ...this.iterators.get(reference), ...state });
    }
    activation.line = event.line;
    if (event.kind === 'return' || event.kind === 'unwind') activation.state = 'ended';
    if (event.kind === 'yield') activation.state = 'suspended';
    return activation;
  }

  /** The activations of a thread, outermost first. */
  stack(thread = 1): readonly Activation[] {
    return this.#stackOf(thread);
  }

  #stackOf(thread: number): Activation[] {
    const known = this.#stacks.get(thread);
    if (known !== undefined) return known;
    const stack: Activation[] = [];
    this.#stacks.set(thread, stack);
    return stack;
  }

  #leaveEnded(stack: Activation[]): void {
    while (stack.length > 0 && stack.at(-1)?.state !== 'running') stack.pop();
  }

  #enter(event: TraceEvent, stack: Activation[]): Activation {
    const known = this.activations.get(event.frame);
    const caller = stack.at(-1);
    const isEntered = known === undefined || event.kind === 'resume';
    if (isEntered && caller !== undefined) caller.progress += 1;
    if (known !== undefined) {
      if (event.kind === 'resume') stack.push(known);
      known.progress = event.kind === 'line' ? 0 : known.progress + 1;
      if (event.kind === 'line') known.start = event.start ?? 0;
      known.state = 'running';
      return known;
    }
    const activation: Activation = {
      number: event.frame,
      name: 'name' in event ? (event.name ?? '') : '',
      caller: caller?.number ?? null,
      firstLine: event.line,
      line: event.line,
      start: event.kind === 'line' ? (event.start ?? 0) : 0,
      progress: 0,
      names: new Map(),
      stack: [],
      state: 'running',
    };
    this.activations.set(event.frame, activation);
    stack.push(activation);
    return activation;
  }

  #bind(event: TraceEvent, { names }: Activation): void {
    for (const name of event.unset ?? []) names.delete(name);
    for (const [name, value] of Object.entries(event.set ?? {})) names.set(name, value);
    for (const name of event.unsetGlobals ?? []) this.globals.delete(name);
    for (const [name, value] of Object.entries(event.globals ?? {})) this.globals.set(name, value);
  }
}
