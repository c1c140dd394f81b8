// What one child left behind, read: stream to trace, exit facts to ending. Where the two sides of it meet, and nothing else.
import type { Execution } from '../src/contract/execution.ts';
import type { Limits } from '../src/contract/limits.ts';
import { BACKSTOP_OUTCOMES } from '../src/contract/outcome.ts';
import type { Ending, OutcomeKind } from '../src/contract/outcome.ts';
import type { DecodedTrace } from '../src/contract/trace.ts';
import { endingOf } from '../src/core/outcome.ts';
import { canonicalBackstop } from '../src/core/trace-row.ts';
import { isAppError } from '../src/errors.ts';
import { pathTextDigest } from '../src/identity/row-digest.ts';
import { decodeTrace } from '../src/wire/trace-stream.ts';
import type { Observed } from './execute-invocation.ts';

/** A child that ended before its first record left no header either. */
const NOTHING: DecodedTrace = {
  granularity: null,
  tracer: '',
  eventsJson: '[]',
  nEvents: 0,
  nLines: 0,
  nCalls: 0,
  depthMax: 0,
  nCutValues: 0,
  nOpaque: 0,
  opaqueCallees: [],
  path: '',
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  end: null,
  fault: null,
  textCut: false,
};

/** Events whose text would be larger than any reader takes are a trace that is too large, however small its stream. */
function cutEnding({ stdout, stderr }: Ending, limits: Limits): Ending {
  const limitHit = `traceBytes=${String(limits.traceBytes)}`;
  return { ...canonicalBackstop('bytes-exceeded', limitHit), stdout, stderr };
}

function isBackstop(outcome: OutcomeKind): boolean {
  return BACKSTOP_OUTCOMES.some((backstop) => backstop === outcome);
}

/**
 * The stream lies in memory that the program can reach: what no tracer writes is the program's doing. It spoils its own
 * trace, which then has no events, and nothing else. Null stands for such a stream.
 */
function traceOf(stream: Uint8Array): DecodedTrace | null {
  if (stream.length === 0) return NOTHING;
  try {
    return decodeTrace(stream);
  } catch (error) {
    if (isAppError(error) && error.code === 'wire-violation') return null;
    throw error;
  }
}

/**
 * That the tracer made a mistake the program may have written as well, and nothing in its reach tells which: the trace is of
 * no use, and the row is no fault of ours that a program could make at will.
 */
export function readExecution(execution: Execution, limits: Limits): Observed {
  const { exit, stream, stdoutRest, stderrRest } = execution;
  const read = traceOf(stream);
  const mistake = read?.fault ?? null;
  const decoded = mistake === null ? read : null;
  const trace = decoded ?? NOTHING;
  const { end, stdout, stderr } = trace;
  const { ending, labels } = endingOf({
    exit,
    end,
    stdout,
    stderr,
    stdoutRest,
    stderrRest,
    limits,
  });
  return {
    ending: trace.textCut ? cutEnding(ending, limits) : ending,
    labels: decoded === null && !isBackstop(ending.outcome) ? ['tampered'] : labels,
    trace: { ...trace, pathDigest: pathTextDigest(trace.path) },
    fuelSpent: exit.fuelSpent,
    ...(mistake === null ? {} : { mistake }),
  };
}
