import { describe, expect, test } from 'vitest';
import type { ExitFacts, Marker } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { EndRecord } from '../../../src/contract/trace.ts';
import { endingOf } from '../../../src/core/outcome.ts';
import type { EndFacts } from '../../../src/core/outcome.ts';

const EXITED: ExitFacts = {
  exitCode: 0,
  signal: null,
  marker: null,
  killedBy: null,
  fuelSpent: 1,
  wallMs: 1,
  cpuMs: 1,
  starved: false,
};

const RETURNED: EndRecord = {
  outcome: 'returned',
  returnValue: '1',
  returnType: 'int',
  returnIsLiteral: true,
  exceptionType: null,
  exceptionMessage: null,
  argsAfter: '{"args":[],"kwargs":{}}',
  labels: ['threads', 'opaque'],
  fuel: 1,
};

function facts(changes: Partial<EndFacts> = {}): EndFacts {
  return {
    exit: EXITED,
    end: null,
    stdout: Buffer.from('out '),
    stderr: new Uint8Array(),
    stdoutRest: Buffer.from('rest'),
    stderrRest: Buffer.from('e'),
    limits: DEFAULT_LIMITS,
    ...changes,
  };
}

const killed = (killedBy: ExitFacts['killedBy']): ExitFacts => ({
  ...EXITED,
  exitCode: null,
  signal: 'SIGKILL',
  killedBy,
});

describe('an ending', () => {
  test('with an end record is the program’s own', () => {
    const { ending, labels } = endingOf(facts({ end: RETURNED }));
    expect(ending).toEqual({
      outcome: 'returned',
      limitHit: null,
      exceptionType: null,
      exceptionMessage: null,
      returnValue: '1',
      returnType: 'int',
      returnIsLiteral: true,
      argsAfter: '{"args":[],"kwargs":{}}',
      stdout: 'out rest',
      stderr: 'e',
    });
    expect(labels).toEqual(['threads', 'opaque']);
  });

  test.each<[Marker, string, string]>([
    ['events', 'events-exceeded', 'events=20000'],
    ['fuel', 'fuel-exceeded', 'fuel=10000000'],
    ['trace-bytes', 'bytes-exceeded', 'traceBytes=4194304'],
    ['output-bytes', 'output-exceeded', 'outputBytes=65536'],
  ])('with the marker %s is %s and keeps its output', (marker, outcome, limitHit) => {
    const { ending } = endingOf(facts({ exit: { ...EXITED, marker } }));
    expect(ending).toMatchObject({ outcome, limitHit, stdout: 'out rest', returnValue: null });
  });

  test.each<[Partial<EndFacts>, string, string]>([
    [{ exit: killed('cpu') }, 'cpu-exceeded', 'cpuMs=5000'],
    [{ exit: killed('wall') }, 'wall-exceeded', 'wallMs=60000'],
    [{ exit: killed('memory') }, 'memory-exceeded', 'memoryBytes=268435456'],
    [{ exit: { ...EXITED, marker: 'memory' } }, 'memory-exceeded', 'memoryBytes=268435456'],
  ])('by time or memory is the same on every machine', (changes, outcome, limitHit) => {
    const touched = ['touches-clock'] as const;
    const { exit = EXITED } = changes;
    const { ending, labels } = endingOf(facts({ ...changes, exit: { ...exit, touched } }));
    expect(ending).toMatchObject({ outcome, limitHit, stdout: '', stderr: '' });
    expect(labels).toEqual([]);
  });

  test('by a signal names it', () => {
    const exit = { ...EXITED, exitCode: null, signal: 'SIGSEGV' };
    expect(endingOf(facts({ exit })).ending).toMatchObject({
      outcome: 'crashed',
      exceptionType: 'SIGSEGV',
      limitHit: null,
    });
  });

  test('without a result is vanished, never returned, whatever the exit code', () => {
    for (const exitCode of [0, 1, 70]) {
      expect(endingOf(facts({ exit: { ...EXITED, exitCode } })).ending.outcome).toBe('vanished');
    }
  });

  test('with a forged end record and a back-stop is the back-stop’s', () => {
    expect(endingOf(facts({ end: RETURNED, exit: killed('wall') })).ending).toMatchObject({
      outcome: 'wall-exceeded',
      returnValue: null,
    });
  });

  test('that orphans wrote after is still the program’s, with the output cut at its limit', () => {
    const { ending } = endingOf(
      facts({
        end: RETURNED,
        exit: { ...EXITED, marker: 'output-bytes' },
        limits: { ...DEFAULT_LIMITS, outputBytes: 6 },
      }),
    );
    expect(ending).toMatchObject({ outcome: 'returned', stdout: 'out re' });
  });

  test('keeps what was touched where no end record tells it, in the order of the list', () => {
    const touched = ['touches-clock', 'processes'] as const;
    expect(endingOf(facts({ exit: { ...EXITED, marker: 'fuel', touched } })).labels).toEqual([
      'processes',
      'touches-clock',
    ]);
  });
});
