// One invocation from request to end: trace, then confirm; what time or memory ended is confirmed alone under four times
// the limit; what the sandbox lost is run again alone, and recorded as faulted where it is lost again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../src/contract/error-code.ts';
import type { Execution, InvocationRequest } from '../src/contract/execution.ts';
import { BACKSTOP_FACTOR } from '../src/contract/limits.ts';
import type { Limits } from '../src/contract/limits.ts';
import { BACKSTOP_OUTCOMES } from '../src/contract/outcome.ts';
import type { Ending, Label } from '../src/contract/outcome.ts';
import { confirmDiffers, confirmLabels } from '../src/core/confirm.ts';
import { canonicalBackstop } from '../src/core/trace-row.ts';
import type { InvocationEnd, TraceFacts } from '../src/core/trace-row.ts';
import { isAppError } from '../src/errors.ts';
import type { Logger } from '../src/log/logger.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';

/** A second loss of the sandbox under the same invocation, the second time alone, is the invocation's doing. */
const DEATHS_MAX = 2;
/** A frozen or starved sandbox is the machine's doing: three more tries, each alone, when whoever took it may be done. */
const STARVED_PAUSES_MS = [1_000, 4_000, 16_000];
/** The kernel says that memory ran short, not for whom: the second kill, alone in a fresh sandbox, is the invocation's. */
const SHORTAGES_MAX = 2;

/** Of what a stream says, for the log. */
const MISTAKE_CHARS = 200;

/** The container was lost or sent what no harness sends. */
const LOSSES: ReadonlySet<ErrorCode> = new Set(['sandbox-died', 'wire-violation', 'internal']);

/** What one execution shows. */
export interface Observed {
  readonly ending: Ending;
  readonly labels: readonly Label[];
  readonly trace: TraceFacts;
  readonly fuelSpent: number;
  /** What its stream says of a mistake of the tracer, which the program may have written. */
  readonly mistake?: string;
}

export interface ExecuteContext {
  readonly slot: Pick<SandboxSlot, 'trace' | 'confirm'>;
  /** Runs while no other slot of this worker executes. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly read: (execution: Execution, limits: Limits) => Observed;
  readonly confirm: 'all' | 'none';
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Waits; default by the clock, until `signal` is aborted. */
  readonly pause?: (ms: number) => Promise<void>;
}

type Attempted =
  | ({ readonly kind: 'observed' } & Observed)
  | { readonly kind: 'faulted'; readonly code: ErrorCode };

type Role = 'trace' | 'confirm';

async function pauseOf({ pause, signal }: ExecuteContext, ms: number): Promise<void> {
  const rest = pause ?? ((time: number) => sleep(time, undefined, { signal }));
  await rest(ms).catch(() => {
    signal.throwIfAborted();
  });
}

/** Ours to mend, where no program wrote it. */
function warnOfMistake(
  { log }: ExecuteContext,
  told: { role: Role; invocationId: string; mistake: string | undefined },
): void {
  if (told.mistake === undefined) return;
  const mistake = told.mistake.slice(0, MISTAKE_CHARS);
  log.warn({ ...told, mistake }, 'a stream told of a mistake of the tracer');
}

/**
 * Runs until there is an end to observe, or until it was lost too often. Faults of the services (Docker is not there,
 * no container starts) are thrown: they say nothing about the invocation.
 */
async function observe(
  context: ExecuteContext,
  role: Role,
  request: InvocationRequest,
): Promise<Attempted> {
  const run = (): Promise<Execution> => context.slot[role](request, context.signal);
  const { invocationId } = request;
  let deaths = 0;
  let starved = 0;
  let shortages = 0;
  for (;;) {
    try {
      const isFirst = deaths + starved + shortages === 0;
      const execution = await (isFirst ? run() : context.alone(run));
      const isShort = execution.exit.killedBy === 'memory';
      shortages += isShort ? 1 : 0;
      if (!isShort || shortages >= SHORTAGES_MAX) {
        const observed = context.read(execution, request.limits);
        warnOfMistake(context, { role, invocationId, mistake: observed.mistake });
        return { kind: 'observed', ...observed };
      }
      context.log.warn({ role, invocationId }, 'the kernel ended an invocation for memory');
    } catch (error) {
      if (context.signal.aborted || !isAppError(error)) throw error;
      const { code } = error;
      if (code === 'sandbox-starved') starved += 1;
      else if (LOSSES.has(code)) deaths += 1;
      else throw error;
      context.log.warn(
        { code, role, invocationId, deaths, starved, err: error },
        'sandbox lost an invocation',
      );
      const pauseMs = code === 'sandbox-starved' ? STARVED_PAUSES_MS[starved - 1] : 0;
      if (deaths >= DEATHS_MAX || pauseMs === undefined) return { kind: 'faulted', code };
      if (pauseMs > 0) await pauseOf(context, pauseMs);
    }
  }
}

function isBackstop({ ending }: Observed): boolean {
  return BACKSTOP_OUTCOMES.some((outcome) => outcome === ending.outcome);
}

/** Time and memory alone are widened: the counted budgets decide what the program may do. */
function widened(request: InvocationRequest): InvocationRequest {
  const { limits } = request;
  return {
    ...request,
    limits: {
      ...limits,
      memoryBytes: limits.memoryBytes * BACKSTOP_FACTOR,
      cpuMs: limits.cpuMs * BACKSTOP_FACTOR,
      wallMs: limits.wallMs * BACKSTOP_FACTOR,
    },
  };
}

function observeAlone(
  context: ExecuteContext,
  role: Role,
  request: InvocationRequest,
): Promise<Attempted> {
  // Already alone: what is lost here is run again without asking for it a second time.
  const isAlone = { ...context, alone: <T>(work: () => Promise<T>): Promise<T> => work() };
  return context.alone(() => observe(isAlone, role, widened(request)));
}

/** The first kind stays; under four times the limit an end of any other kind makes it borderline. */
async function confirmBackstop(
  context: ExecuteContext,
  request: InvocationRequest,
  first: Observed,
): Promise<InvocationEnd> {
  const second = await observeAlone(context, 'trace', request);
  if (second.kind === 'faulted') return second;
  const { outcome, limitHit } = first.ending;
  const isSame = second.ending.outcome === outcome;
  return {
    kind: 'ended',
    ending: canonicalBackstop(outcome, limitHit),
    labels: isSame ? [] : ['borderline'],
    trace: first.trace,
    confirmDiffers: null,
  };
}

/** Its fuel is what the first execution spent: one that goes another way cannot run for longer. */
async function confirm(
  context: ExecuteContext,
  request: InvocationRequest,
  traced: Observed,
): Promise<InvocationEnd> {
  const fuel = Math.min(Math.max(1, traced.fuelSpent), request.limits.fuel);
  const limits = { ...request.limits, fuel };
  const again = { ...request, limits };
  let second = await observe(context, 'confirm', again);
  if (second.kind === 'observed' && isBackstop(second)) {
    second = await observeAlone(context, 'confirm', again);
  }
  if (second.kind === 'faulted') return second;
  const differs = confirmDiffers(traced.ending, second.ending);
  return {
    kind: 'ended',
    ending: traced.ending,
    labels: [...traced.labels, ...confirmLabels(differs)],
    trace: traced.trace,
    confirmDiffers: differs,
  };
}

/** Throws AppError of the services, and whatever `signal` was aborted with. */
export async function executeInvocation(
  context: ExecuteContext,
  request: InvocationRequest,
): Promise<InvocationEnd> {
  const traced = await observe(context, 'trace', request);
  if (traced.kind === 'faulted') return traced;
  if (isBackstop(traced)) return await confirmBackstop(context, request, traced);
  if (context.confirm === 'all') return await confirm(context, request, traced);
  const { ending, labels, trace } = traced;
  return { kind: 'ended', ending, labels, trace, confirmDiffers: null };
}
