// The decisions around one invocation, on a scripted slot: no code runs here.
import { expect, it } from 'vitest';
import { executeInvocation } from '../../../activities/execute-invocation.ts';
import type { ExecuteContext, Observed } from '../../../activities/execute-invocation.ts';
import type { ErrorCode } from '../../../src/contract/error-code.ts';
import type { Execution, InvocationRequest } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { OutcomeKind } from '../../../src/contract/outcome.ts';
import { canonicalBackstop, noEvents } from '../../../src/core/trace-row.ts';
import { AppError } from '../../../src/errors.ts';
import { testLog } from '../../support/services.ts';

const request: InvocationRequest = {
  invocationId: 'a'.repeat(64),
  kind: 'source',
  source: 'def f():\n    return 1\n',
  entry: 'f',
  setup: '',
  call: 'f()',
  stdin: '',
  granularity: 'line',
  scope: 'record',
  backend: 'core',
  limits: DEFAULT_LIMITS,
};

/** What a run of the script does: end so, or be lost with a code. */
type Step =
  | {
      readonly end: OutcomeKind;
      readonly value?: string;
      readonly byKernel?: boolean;
      readonly fuel?: number;
    }
  | { readonly lost: ErrorCode };

interface Call {
  readonly role: 'trace' | 'confirm';
  readonly isAlone: boolean;
  readonly limits: InvocationRequest['limits'];
}

const FUEL = 123;

async function run(script: readonly Step[], confirm: 'all' | 'none' = 'all') {
  const calls: Call[] = [];
  const pauses: number[] = [];
  const steps = [...script];
  let isAlone = false;
  const observed = new Map<Execution, Observed>();
  const invoke =
    (role: Call['role']) =>
    (asked: InvocationRequest): Promise<Execution> => {
      calls.push({ role, isAlone, limits: asked.limits });
      const step = steps.shift();
      if (step === undefined) throw new Error('the script is at its end');
      if ('lost' in step) return Promise.reject(new AppError(step.lost, 'sandbox was lost'));
      const killedBy = step.byKernel === true ? 'memory' : null;
      const execution = { exit: { killedBy } } as Execution;
      const ending = { ...canonicalBackstop(step.end, null), returnValue: step.value ?? null };
      observed.set(execution, {
        ending,
        labels: [],
        trace: noEvents('p'),
        fuelSpent: step.fuel ?? FUEL,
      });
      return Promise.resolve(execution);
    };
  const context: ExecuteContext = {
    slot: { trace: invoke('trace'), confirm: invoke('confirm') },
    alone: async (work) => {
      if (isAlone) throw new Error('alone was asked for twice');
      isAlone = true;
      try {
        return await work();
      } finally {
        isAlone = false;
      }
    },
    read: (execution) => {
      const found = observed.get(execution);
      if (found === undefined) throw new Error('an execution that the script did not give');
      return found;
    },
    confirm,
    signal: new AbortController().signal,
    log: testLog().child({}, { level: 'silent' }),
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
  const end = await executeInvocation(context, request);
  expect(steps).toEqual([]);
  return { end, calls, pauses };
}

it('an invocation is traced and confirmed under the fuel that it spent', async () => {
  const { end, calls } = await run([
    { end: 'returned', value: '1' },
    { end: 'returned', value: '1' },
  ]);
  expect(end).toMatchObject({ kind: 'ended', labels: [], confirmDiffers: [] });
  expect(calls.map(({ role }) => role)).toEqual(['trace', 'confirm']);
  expect(calls[1]?.limits.fuel).toBe(FUEL);
});

it('a second execution has no more fuel than the first, whatever the first says that it spent', async () => {
  const { calls } = await run([{ end: 'returned', fuel: 2 ** 64 }, { end: 'returned' }]);
  expect(calls[1]?.limits.fuel).toBe(DEFAULT_LIMITS.fuel);
});

it('a second execution with another value labels the row as nondeterministic', async () => {
  const { end } = await run([
    { end: 'returned', value: '1' },
    { end: 'returned', value: '2' },
  ]);
  expect(end).toMatchObject({ labels: ['nondeterministic'], confirmDiffers: ['value'] });
});

it('confirm off runs once and says so', async () => {
  const { end } = await run([{ end: 'returned', value: '1' }], 'none');
  expect(end).toMatchObject({ kind: 'ended', confirmDiffers: null });
});

it('a time limit is confirmed alone under four times time and memory, the budgets as they were', async () => {
  const { end, calls } = await run([{ end: 'cpu-exceeded' }, { end: 'cpu-exceeded' }]);
  expect(end).toMatchObject({ kind: 'ended', labels: [], ending: { outcome: 'cpu-exceeded' } });
  expect(calls[1]).toMatchObject({ role: 'trace', isAlone: true });
  expect(calls[1]?.limits).toEqual({
    ...DEFAULT_LIMITS,
    memoryBytes: DEFAULT_LIMITS.memoryBytes * 4,
    cpuMs: DEFAULT_LIMITS.cpuMs * 4,
    wallMs: DEFAULT_LIMITS.wallMs * 4,
  });
});

it('what ends otherwise under four times the limit is borderline and keeps nothing of either run', async () => {
  const { end } = await run([{ end: 'memory-exceeded' }, { end: 'returned', value: '1' }]);
  expect(end).toMatchObject({
    labels: ['borderline'],
    ending: { outcome: 'memory-exceeded', returnValue: null },
  });
});

it('a confirm that runs out of time is repeated alone before it counts as another end', async () => {
  const { end, calls } = await run([
    { end: 'returned', value: '1' },
    { end: 'wall-exceeded' },
    { end: 'returned', value: '1' },
  ]);
  expect(end).toMatchObject({ labels: [], confirmDiffers: [] });
  expect(calls[2]).toMatchObject({ role: 'confirm', isAlone: true });
});

it('a sandbox that died once is tried again alone', async () => {
  const { end, calls } = await run([
    { lost: 'sandbox-died' },
    { end: 'returned', value: '1' },
    { end: 'returned', value: '1' },
  ]);
  expect(end).toMatchObject({ kind: 'ended', labels: [] });
  expect(calls.map(({ isAlone }) => isAlone)).toEqual([false, true, false]);
});

it('a sandbox that died twice makes the invocation faulted', async () => {
  const { end } = await run([{ lost: 'sandbox-died' }, { lost: 'wire-violation' }]);
  expect(end).toEqual({ kind: 'faulted', code: 'wire-violation' });
});

it('a starved sandbox is tried three more times, later each time, then the invocation is faulted', async () => {
  const { end, calls, pauses } = await run(Array<Step>(4).fill({ lost: 'sandbox-starved' }));
  expect(end).toEqual({ kind: 'faulted', code: 'sandbox-starved' });
  expect(calls).toHaveLength(4);
  expect(pauses).toEqual([1_000, 4_000, 16_000]);
});

it('what the kernel ended once for memory runs again alone, and counts as it then ends', async () => {
  const { end, calls } = await run([
    { end: 'memory-exceeded', byKernel: true },
    { end: 'returned', value: '1' },
    { end: 'returned', value: '1' },
  ]);
  expect(end).toMatchObject({ labels: [], ending: { outcome: 'returned' }, confirmDiffers: [] });
  expect(calls.map(({ role, isAlone }) => [role, isAlone])).toEqual([
    ['trace', false],
    ['trace', true],
    ['confirm', false],
  ]);
  expect(calls[1]?.limits).toEqual(DEFAULT_LIMITS);
});

it('what the kernel ends each time, also under four times the limit, has exceeded its memory', async () => {
  const { end } = await run(Array<Step>(4).fill({ end: 'memory-exceeded', byKernel: true }));
  expect(end).toMatchObject({ labels: [], ending: { outcome: 'memory-exceeded' } });
});

it('a loss while the limit is confirmed alone does not ask to be alone again', async () => {
  const { end } = await run([
    { end: 'cpu-exceeded' },
    { lost: 'sandbox-died' },
    { end: 'cpu-exceeded' },
  ]);
  expect(end).toMatchObject({ kind: 'ended', labels: [] });
});

it('a fault of a service is thrown, since it says nothing about the invocation', async () => {
  await expect(run([{ lost: 'docker-unreachable' }])).rejects.toMatchObject({
    code: 'docker-unreachable',
  });
});
