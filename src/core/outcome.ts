// From the facts of how a child ended to its outcome: every line of the table in CONTRACTS is decided here.
import type { ExitFacts, Marker } from '../contract/execution.ts';
import type { Limits } from '../contract/limits.ts';
import { LABELS } from '../contract/outcome.ts';
import type { Ending, Label, OutcomeKind } from '../contract/outcome.ts';
import type { EndRecord } from '../contract/trace.ts';
import { outputText } from './output-text.ts';

/** All that is known of the end of one child. */
export interface EndFacts {
  readonly exit: ExitFacts;
  /** Null where the child left none. */
  readonly end: EndRecord | null;
  /** Bytes of output records, in order. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Raw descriptor bytes that no check point took up. */
  readonly stdoutRest: Uint8Array;
  readonly stderrRest: Uint8Array;
  readonly limits: Limits;
}

export interface Ended {
  readonly ending: Ending;
  /** In the order of LABELS. */
  readonly labels: readonly Label[];
}

interface Budget {
  readonly outcome: OutcomeKind;
  readonly limit: keyof Limits;
}

const MARKED: Readonly<Record<Marker, Budget>> = {
  events: { outcome: 'events-exceeded', limit: 'events' },
  fuel: { outcome: 'fuel-exceeded', limit: 'fuel' },
  'trace-bytes': { outcome: 'bytes-exceeded', limit: 'traceBytes' },
  'output-bytes': { outcome: 'output-exceeded', limit: 'outputBytes' },
  memory: { outcome: 'memory-exceeded', limit: 'memoryBytes' },
};

const KILLED: Readonly<Record<NonNullable<ExitFacts['killedBy']>, Budget>> = {
  cpu: { outcome: 'cpu-exceeded', limit: 'cpuMs' },
  wall: { outcome: 'wall-exceeded', limit: 'wallMs' },
  memory: { outcome: 'memory-exceeded', limit: 'memoryBytes' },
};

const NOTHING: Ending = {
  outcome: 'vanished',
  limitHit: null,
  exceptionType: null,
  exceptionMessage: null,
  returnValue: null,
  returnType: null,
  returnIsLiteral: null,
  argsAfter: null,
  stdout: '',
  stderr: '',
};

function joined(first: Uint8Array, rest: Uint8Array, bytesMax: number): string {
  const whole = new Uint8Array(first.length + rest.length);
  whole.set(first);
  whole.set(rest, first.length);
  return outputText(whole.subarray(0, bytesMax));
}

function budgetOf(exit: ExitFacts): Budget | null {
  if (exit.killedBy !== null) return KILLED[exit.killedBy];
  return exit.marker === null ? null : MARKED[exit.marker];
}

/** Time and memory are not counted: how far the child came says nothing, so the record is the same on every machine. */
function isCounted(outcome: OutcomeKind): boolean {
  return outcome !== 'cpu-exceeded' && outcome !== 'wall-exceeded' && outcome !== 'memory-exceeded';
}

function endedByProgram(end: EndRecord): Partial<Ending> {
  const { outcome, returnValue, returnType, returnIsLiteral } = end;
  const { exceptionType, exceptionMessage, argsAfter } = end;
  return {
    outcome,
    returnValue,
    returnType,
    returnIsLiteral,
    exceptionType,
    exceptionMessage,
    argsAfter,
  };
}

function decided(facts: EndFacts): Partial<Ending> {
  const { exit, end, limits } = facts;
  // A marker or a back-stop that came after the end record found a child that was done.
  if (end !== null && exit.exitCode === 0) return endedByProgram(end);
  const budget = budgetOf(exit);
  if (budget !== null) {
    const { outcome, limit } = budget;
    return { outcome, limitHit: `${limit}=${String(limits[limit])}` };
  }
  if (exit.signal !== null) return { outcome: 'crashed', exceptionType: exit.signal };
  return { outcome: 'vanished' };
}

function labelsOf(facts: EndFacts, outcome: OutcomeKind): Label[] {
  if (!isCounted(outcome)) return [];
  const told = new Set<string>([...(facts.end?.labels ?? []), ...(facts.exit.touched ?? [])]);
  return LABELS.filter((label) => told.has(label));
}

/** A starved child is no ending: the slot has thrown before. */
export function endingOf(facts: EndFacts): Ended {
  const found = { ...NOTHING, ...decided(facts) };
  const labels = labelsOf(facts, found.outcome);
  if (!isCounted(found.outcome)) return { ending: found, labels };
  const { limits, stdout, stderr, stdoutRest, stderrRest } = facts;
  const ending: Ending = {
    ...found,
    stdout: joined(stdout, stdoutRest, limits.outputBytes),
    stderr: joined(stderr, stderrRest, limits.outputBytes),
  };
  return { ending, labels };
}
