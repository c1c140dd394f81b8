// One trace as a value: the events of docs/trace-format.md in the shape that the column `events` of a row has.
import type { Granularity } from './function.ts';

/** Version of the events and of the stream that they come from. */
export const TRACE_FORMAT_VERSION = 3;

export const EVENT_KINDS = [
  'call',
  'line',
  'instruction',
  'return',
  'yield',
  'resume',
  'raise',
  'handled',
  'unwind',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** A value that a limit cut: its head without the closing quote, its whole length, the digest of the whole. */
export interface CutValue {
  readonly type: 'str' | 'bytes' | 'int';
  readonly head: string;
  readonly len: number;
  readonly sha256: string;
}

/** An object deeper than the limit that has no number. */
export interface DepthCut {
  readonly type: string;
  readonly cut: 'depth';
}

/** A Python literal, `@n`, `NULL` (operand stack only), or a cut. */
export type TraceValue = string | CutValue | DepthCut;

/** One change of an object: its name and then its operands. */
export type HeapOperation = readonly [string, ...TraceValue[]];

/** An object as it was when first met; links such as `self` and `over` stand beside the named parts. */
export interface HeapDefinition {
  readonly type: string;
  readonly name?: string;
  readonly repr?: string;
  readonly value?: TraceValue;
  readonly items?: readonly TraceValue[];
  readonly entries?: readonly (readonly [TraceValue, TraceValue])[];
  readonly len?: number;
  readonly rest?: string;
  readonly names?: readonly string[];
  readonly self?: TraceValue;
  readonly func?: TraceValue;
  readonly over?: TraceValue;
  readonly cause?: TraceValue;
  readonly context?: TraceValue;
  readonly maxlen?: TraceValue;
  readonly default_factory?: TraceValue;
  readonly start?: TraceValue;
  readonly stop?: TraceValue;
  readonly step?: TraceValue;
  readonly fields?: Readonly<Record<string, TraceValue>>;
  readonly ops?: readonly HeapOperation[];
}

export type HeapEntry = HeapDefinition | readonly HeapOperation[];

export interface IteratorState {
  readonly over?: TraceValue;
  readonly at?: number | string;
  readonly left?: readonly TraceValue[];
  readonly state?: 'created' | 'suspended' | 'running' | 'done';
  readonly line?: number;
}

interface EventBase {
  readonly frame: number;
  readonly depth: number;
  readonly line: number;
  readonly set?: Readonly<Record<string, TraceValue>>;
  readonly unset?: readonly string[];
  readonly globals?: Readonly<Record<string, TraceValue>>;
  readonly unsetGlobals?: readonly string[];
  readonly heap?: Readonly<Record<string, HeapEntry>>;
  readonly stack?: readonly TraceValue[];
  readonly iters?: Readonly<Record<string, IteratorState>>;
  readonly opaque?: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly thread?: number;
}

export interface CallEvent extends EventBase {
  readonly kind: 'call';
  readonly name: string;
  readonly caller?: number;
}
export interface LineEvent extends EventBase {
  readonly kind: 'line';
  /** Which of the places where the line begins with as many values on the stack; left out for the first. */
  readonly start?: number;
}
export interface InstructionEvent extends EventBase {
  readonly kind: 'instruction';
  readonly op: string;
  readonly arg?: string;
}
export interface ResumeEvent extends EventBase {
  readonly kind: 'resume';
  readonly name?: string;
}
/** The value returned or yielded, or the exception object. */
export interface ValueEvent extends EventBase {
  readonly kind: 'return' | 'yield' | 'raise' | 'handled' | 'unwind';
  readonly value: TraceValue;
}
export type TraceEvent = CallEvent | LineEvent | InstructionEvent | ResumeEvent | ValueEvent;

export const END_OUTCOMES = [
  'returned',
  'raised',
  'exited',
  'load-failed',
  'input-failed',
] as const;
export type EndOutcome = (typeof END_OUTCOMES)[number];

/** What the child says of its own end; a child without one vanished, crashed or was ended by a budget. */
export interface EndRecord {
  readonly outcome: EndOutcome;
  readonly returnValue: string | null;
  readonly returnType: string | null;
  readonly returnIsLiteral: boolean | null;
  readonly exceptionType: string | null;
  readonly exceptionMessage: string | null;
  readonly argsAfter: string | null;
  readonly labels: readonly string[];
  readonly fuel: number | null;
}

export interface DecodedTrace {
  /** Null for a stream of role confirm, which has no events. */
  readonly granularity: Granularity | null;
  /** Backend and version, for example `core/1`. */
  readonly tracer: string;
  /** The text of the column `events`: an array of TraceEvent. */
  readonly eventsJson: string;
  readonly nEvents: number;
  readonly nLines: number;
  readonly nCalls: number;
  readonly depthMax: number;
  readonly nCutValues: number;
  /** Events that have `opaque`. */
  readonly nOpaque: number;
  /** Distinct, ascending. */
  readonly opaqueCallees: readonly string[];
  /** `kind frame line` of each event, one a line: what path_digest digests. */
  readonly path: string;
  /** All bytes of output records, in order. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly end: EndRecord | null;
  /** What the tracer said of a mistake of its own: the program may have written it. */
  readonly fault: string | null;
  /** The JSON text would have passed the reader's limit: all that follows is left out, the end record too; the row is `bytes-exceeded`. */
  readonly textCut: boolean;
}
