// One slot: two lanes, one that traces and one that confirms, and how what is asked of it is told and read.
import type { Backend, Execution, InvocationRequest } from '../contract/execution.ts';
import { REFERENCE_TIME_FACTOR } from '../contract/limits.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Canary } from './canary.ts';
import type { Variant } from './container-spec.ts';
import type { Foundry } from './foundry.ts';
import type { Gate } from './gate.ts';
import { Lane } from './lane.ts';
import type { ProbeRun, SandboxSlot } from './port.ts';
import { ANALYSIS_LIMITS, COMMAND, childLimits, probeLimits } from './request.ts';
import type { ChildRequest } from './request.ts';
import type { ChildAnswer } from './sandbox.ts';

/** One request is worked on, and the next is there. */
const KEPT_BUSY = 2;

interface SlotParts {
  readonly gate: Gate;
  /** Slots that nobody has now; whoever takes one may find a request or two in it. */
  readonly spare: () => readonly Slot[];
  /** Called when a slot may have become idle, or not. */
  readonly onChange: () => void;
}

function executionOf(answer: ChildAnswer): Execution {
  const { exit } = answer.result;
  if (exit.starved) {
    throw new AppError(
      'sandbox-starved',
      'the sandbox did not run for more than half of the time',
      {
        retryable: true,
      },
    );
  }
  return { exit, stream: answer.stream, stdoutRest: answer.out, stderrRest: answer.err };
}

function invocationRequest(
  request: InvocationRequest,
  how: { readonly command: ChildRequest['command']; readonly timeFactor: number },
): ChildRequest {
  const { invocationId, stdin, ...document } = request;
  return {
    command: how.command,
    limits: childLimits(request.limits, how.timeFactor),
    seed: invocationId,
    stdin,
    document,
  };
}

/** The reference tracer is slow by itself: its time limits are wider, its idle limit is not. */
function timeFactorOf(backend: Backend): number {
  return backend === 'reference' ? REFERENCE_TIME_FACTOR : 1;
}

/** Lines with numbers of executions, then a zero byte and the answer. The program may have written anything there. */
function probeRunOf(stream: Buffer): Omit<ProbeRun, 'how'> {
  const end = stream.indexOf(0);
  const begun = stream.subarray(0, end === -1 ? stream.length : end).toString('latin1');
  const last = Number.parseInt(begun.trimEnd().split('\n').at(-1) ?? '', 10);
  const number = Number.isSafeInteger(last) && last >= -1 ? last : null;
  if (end === -1) return { answer: null, last: number };
  try {
    const answer = JSON.parse(stream.subarray(end + 1).toString('utf8')) as unknown;
    return { answer, last: number };
  } catch {
    return { answer: null, last: number };
  }
}

export class Slot implements SandboxSlot {
  readonly lanes: Readonly<Record<Variant, Lane>>;
  private readonly with: SlotParts;

  constructor(foundry: Foundry, parts: SlotParts, make: { canary: Canary; log: Logger }) {
    const lane = (variant: Variant): Lane =>
      new Lane({ variant, start: (bytes) => foundry.start(variant, bytes), ...make });
    this.lanes = { trace: lane('trace'), confirm: lane('confirm') };
    this.with = parts;
  }

  get isIdle(): boolean {
    return this.lanes.trace.isIdle && this.lanes.confirm.isIdle;
  }

  serving(): number {
    return 1 + this.with.spare().length;
  }

  async trace(request: InvocationRequest, signal: AbortSignal): Promise<Execution> {
    const timeFactor = timeFactorOf(request.backend);
    const child = invocationRequest(request, { command: COMMAND.trace, timeFactor });
    return executionOf(await this.run('trace', child, signal));
  }

  async confirm(request: InvocationRequest, signal: AbortSignal): Promise<Execution> {
    const child = invocationRequest(request, { command: COMMAND.confirm, timeFactor: 1 });
    return executionOf(await this.run('confirm', child, signal));
  }

  async analyze(request: unknown, signal: AbortSignal): Promise<unknown> {
    const child: ChildRequest = {
      command: COMMAND.analyze,
      limits: ANALYSIS_LIMITS,
      seed: 'analysis',
      stdin: '',
      document: request,
    };
    const answer = await this.run('trace', child, signal);
    const { exit } = executionOf(answer);
    try {
      return JSON.parse(answer.stream.toString('utf8')) as unknown;
    } catch {
      const how = exit.killedBy ?? exit.marker ?? exit.signal ?? `exit ${String(exit.exitCode)}`;
      throw new AppError('sandbox-died', `the analysis ended without an answer (${how})`, {
        context: { childEnded: true, how, diagnostic: answer.err.toString('latin1').slice(-400) },
      });
    }
  }

  async probe(request: unknown, memoryBytes: number, signal: AbortSignal): Promise<ProbeRun> {
    const child: ChildRequest = {
      command: COMMAND.probe,
      limits: probeLimits(memoryBytes),
      seed: 'probe',
      stdin: '',
      document: request,
    };
    const { exit, stream } = executionOf(await this.run('trace', child, signal));
    const how = exit.killedBy ?? exit.marker ?? exit.signal ?? `exit ${String(exit.exitCode)}`;
    return { ...probeRunOf(Buffer.from(stream)), how };
  }

  private run(variant: Variant, child: ChildRequest, signal: AbortSignal): Promise<ChildAnswer> {
    const { gate, onChange } = this.with;
    return gate.shared(async () => {
      const answer = this.laneFor(variant).run(child, signal);
      onChange();
      try {
        return await answer;
      } finally {
        onChange();
      }
    }, signal);
  }

  /** This slot's own, unless a request would stand in line there for longer than in a slot that nobody has. */
  private laneFor(variant: Variant): Lane {
    const own = this.lanes[variant];
    if (own.asked < KEPT_BUSY) return own;
    const spare = this.with.spare().map(({ lanes }) => lanes[variant]);
    spare.find((lane) => !lane.isWarm)?.warm();
    const warm = spare.filter((lane) => lane.isWarm);
    return warm.reduce((best, lane) => (lane.asked < best.asked ? lane : best), own);
  }

  async close(): Promise<void> {
    await Promise.all([this.lanes.trace.close(), this.lanes.confirm.close()]);
  }
}
