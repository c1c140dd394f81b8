// What one child left behind, read: stream to trace, exit facts to ending. Where the two sides of it meet, and nothing else.
import type { Execution } from '../src/contract/execution.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { Ending } from '../src/contract/outcome.ts';
import type { DecodedTrace } from '../src/contract/trace.ts';
import { endingOf } from '../src/core/outcome.ts';
import { canonicalBackstop } from '../src/core/trace-row.ts';
import { AppError } from '../src/errors.ts';
import { pathDigestOf } from '../src/identity/row-digest.ts';
import type { PathStep } from '../src/identity/row-digest.ts';
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

/** The lines `kind frame line` of a trace's path. */
function* stepsOf({ path }: DecodedTrace): Generator<PathStep> {
  if (path === '') return;
  for (const step of path.split('\n')) {
    const [kind = '', frame, line] = step.split(' ');
    yield { kind, frame: Number(frame), line: Number(line) };
  }
}

/** Throws AppError `wire-violation` for what no tracer writes, `internal` where the tracer tells of its own mistake. */
export function readExecution(execution: Execution, limits: Limits): Observed {
  const { exit, stream, stdoutRest, stderrRest } = execution;
  const trace = stream.length === 0 ? NOTHING : decodeTrace(stream);
  if (trace.fault !== null) {
    throw new AppError('internal', `tracer made a mistake: ${trace.fault}`);
  }
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
    labels,
    trace: { ...trace, pathDigest: pathDigestOf(stepsOf(trace)) },
    fuelSpent: exit.fuelSpent,
  };
}
