import { expect, test } from 'vitest';
import { readExecution } from '../../../activities/read-execution.ts';
import type { Execution, ExitFacts } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';

const EXIT: ExitFacts = {
  exitCode: 0,
  signal: null,
  marker: null,
  killedBy: null,
  fuelSpent: 3,
  wallMs: 1,
  cpuMs: 1,
  starved: false,
};

function execution(stream: Uint8Array, exit: Partial<ExitFacts> = {}): Execution {
  const none = new Uint8Array();
  return { exit: { ...EXIT, ...exit }, stream, stdoutRest: none, stderrRest: none };
}

const FORGED = Uint8Array.of(0xff, 0x00, 0xff);

test('a stream that no tracer writes spoils the own trace only, and the row says so', () => {
  const { ending, labels, trace } = readExecution(execution(FORGED), DEFAULT_LIMITS);
  expect(ending.outcome).toBe('vanished');
  expect(labels).toEqual(['tampered']);
  expect(trace.eventsJson).toBe('[]');
});

test('a budget that ended the child stays the outcome when its stream was forged', () => {
  const { ending, labels } = readExecution(execution(FORGED, { marker: 'fuel' }), DEFAULT_LIMITS);
  expect(ending).toMatchObject({ outcome: 'fuel-exceeded', limitHit: 'fuel=10000000' });
  expect(labels).toEqual(['tampered']);
});

test('what time decided has the canonical record, whatever the stream holds', () => {
  const { ending, labels } = readExecution(execution(FORGED, { killedBy: 'wall' }), DEFAULT_LIMITS);
  expect(ending.outcome).toBe('wall-exceeded');
  expect(labels).toEqual([]);
});

/** A header and a record that tells of a mistake of the tracer. */
const MISTAKE = Buffer.from('\x54\x4d\x54\x52\x03\x01\x06core/1\x7d\x04oops', 'latin1');

test('a mistake of the tracer, which a program can write as well, is no fault but a tampered row', () => {
  const told = readExecution(execution(MISTAKE, { exitCode: 70 }), DEFAULT_LIMITS);
  expect(told).toMatchObject({ ending: { outcome: 'vanished' }, labels: ['tampered'] });
  expect(told).toMatchObject({ trace: { eventsJson: '[]' }, mistake: 'oops' });
  const crashed = readExecution(
    execution(MISTAKE, { exitCode: null, signal: 'SIGSEGV' }),
    DEFAULT_LIMITS,
  );
  expect(crashed).toMatchObject({ ending: { outcome: 'crashed' }, labels: ['tampered'] });
});

test('a child that wrote nothing vanished', () => {
  const { ending, labels } = readExecution(execution(new Uint8Array()), DEFAULT_LIMITS);
  expect(ending.outcome).toBe('vanished');
  expect(labels).toEqual([]);
});
