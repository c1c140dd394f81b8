// The slots of a worker: each holds two warm sandboxes, one that traces and one that confirms.
import type { Backend, Execution, InvocationRequest } from '../contract/execution.ts';
import { DEFAULT_LIMITS, REFERENCE_TIME_FACTOR } from '../contract/limits.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Variant } from './container-spec.ts';
import { requireDiskRoom } from './disk-room.ts';
import { connectEngine } from './docker.ts';
import { Foundry } from './foundry.ts';
import type { FoundryOptions } from './foundry.ts';
import { Gate } from './gate.ts';
import { Canary, Lane } from './lane.ts';
import type { ProbeRun, SandboxEnvironment, SandboxSlot, SlotPool } from './port.ts';
import { reap, startReaper } from './reaper.ts';
import { ANALYSIS_LIMITS, COMMAND, childLimits, probeLimits } from './request.ts';
import type { ChildRequest } from './request.ts';
import type { ChildAnswer } from './sandbox.ts';
import { readSeccompProfile } from './seccomp-profile.ts';

export interface SlotPoolOptions extends FoundryOptions {
  readonly socketPath: string;
  /** Reference or id of the sandbox image. */
  readonly image: string;
  readonly slots: number;
  /** No slot is given away while the disk of this folder is almost full; default no such check. */
  readonly diskFolder?: string;
  readonly log: Logger;
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

class Slot implements SandboxSlot {
  readonly lanes: Readonly<Record<Variant, Lane>>;
  private readonly gate: Gate;

  constructor(foundry: Foundry, gate: Gate, make: { canary: Canary; log: Logger }) {
    const lane = (variant: Variant): Lane =>
      new Lane({ variant, start: (bytes) => foundry.start(variant, bytes), ...make });
    this.lanes = { trace: lane('trace'), confirm: lane('confirm') };
    this.gate = gate;
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
    return this.gate.shared(() => this.lanes[variant].run(child, signal), signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.lanes.trace.close(), this.lanes.confirm.close()]);
  }
}

interface Waiter {
  start(slot: Slot): void;
}

interface PoolParts {
  readonly slots: Slot[];
  readonly foundry: Foundry;
  readonly gate: Gate;
  readonly reaper: { stop(): void };
  readonly diskFolder: string | null;
}

class DockerSlotPool implements SlotPool {
  readonly size: number;
  private readonly free: Slot[];
  private readonly slots: readonly Slot[];
  private readonly waiters: Waiter[] = [];
  private readonly foundry: Foundry;
  private readonly gate: Gate;
  private readonly reaper: { stop(): void };
  private readonly diskFolder: string | null;

  constructor(parts: PoolParts) {
    this.diskFolder = parts.diskFolder;
    this.slots = parts.slots;
    this.free = [...parts.slots];
    this.size = parts.slots.length;
    this.foundry = parts.foundry;
    this.gate = parts.gate;
    this.reaper = parts.reaper;
  }

  environment(signal: AbortSignal): Promise<SandboxEnvironment> {
    signal.throwIfAborted();
    const { environment } = this.foundry;
    if (environment === null) throw new Error('invariant broken: a pool without a sandbox');
    return Promise.resolve(environment);
  }

  async use<T>(work: (slot: SandboxSlot) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.diskFolder !== null) await requireDiskRoom(this.diskFolder);
    const slot = await this.take(signal);
    try {
      return await work(slot);
    } finally {
      const waiter = this.waiters.shift();
      if (waiter === undefined) this.free.push(slot);
      else waiter.start(slot);
    }
  }

  alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.gate.alone(work, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reaper.stop();
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private async take(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const slot = this.free.shift();
    if (slot !== undefined) return slot;
    return new Promise<Slot>((resolve, reject) => {
      const leave = (): void => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        start: (given) => {
          signal.removeEventListener('abort', leave);
          resolve(given);
        },
      };
      this.waiters.push(waiter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

/**
 * Removes what an earlier life left, starts the first slot and probes it; the other slots start when they are used.
 * Throws AppError `docker-unreachable`, `image-missing`, `sandbox-unsafe`, `sandbox-start-failed` or
 * `environment-mismatch`.
 */
export async function createSlotPool(options: SlotPoolOptions): Promise<SlotPool> {
  const { log, workerId } = options;
  const engine = connectEngine(options.socketPath);
  await engine.ping();
  const seccomp = await readSeccompProfile();
  const imageId = await engine.requireImage(options.image);
  const foundry = new Foundry(options, { engine, seccomp, imageId });
  const reaping = { engine, workerId, bootId: foundry.bootId, log };
  await reap(reaping);
  const gate = new Gate();
  const canary = new Canary(childLimits(DEFAULT_LIMITS, 1), DEFAULT_LIMITS);
  const slots = Array.from(
    { length: options.slots },
    () => new Slot(foundry, gate, { canary, log }),
  );
  const diskFolder = options.diskFolder ?? null;
  const reaper = startReaper(reaping);
  const pool = new DockerSlotPool({ slots, foundry, gate, reaper, diskFolder });
  try {
    const [first] = slots;
    await Promise.all([first?.lanes.trace.ready(), first?.lanes.confirm.ready()]);
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}
