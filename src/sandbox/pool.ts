// The slots of a worker: each holds two warm sandboxes, one that traces and one that confirms.
import { DEFAULT_LIMITS } from '../contract/limits.ts';
import type { Logger } from '../log/logger.ts';
import { Canary } from './canary.ts';
import { requireDiskRoom } from './disk-room.ts';
import { connectEngine } from './docker.ts';
import { Foundry } from './foundry.ts';
import type { FoundryOptions } from './foundry.ts';
import { Gate } from './gate.ts';
import type { SandboxEnvironment, SandboxSlot, SlotPool } from './port.ts';
import { reap, startReaper } from './reaper.ts';
import { childLimits } from './request.ts';
import { readSeccompProfile } from './seccomp-profile.ts';
import { Slot } from './slot.ts';

export interface SlotPoolOptions extends FoundryOptions {
  readonly socketPath: string;
  /** Reference or id of the sandbox image. */
  readonly image: string;
  readonly slots: number;
  /** No slot is given away while the disk of this folder is almost full; default no such check. */
  readonly diskFolder?: string;
  readonly log: Logger;
  /** Told how many slots have something inside whenever that changes: what measures wants to know. */
  readonly onWork?: (slots: number) => void;
}

interface Waiter {
  start(slot: Slot): void;
}

interface PoolParts {
  readonly slots: readonly Slot[];
  readonly free: Slot[];
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
    this.free = parts.free;
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

  busy(): number {
    return this.slots.filter((slot) => !slot.isIdle || !this.free.includes(slot)).length;
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
  const free: Slot[] = [];
  let working = 0;
  const onChange = (): void => {
    const now = slots.filter(({ isIdle }) => !isIdle).length;
    if (now !== working) options.onWork?.(now);
    working = now;
  };
  const parts = { gate, spare: () => free, onChange };
  const slots = Array.from(
    { length: options.slots },
    () => new Slot(foundry, parts, { canary, log }),
  );
  free.push(...slots);
  const diskFolder = options.diskFolder ?? null;
  const reaper = startReaper(reaping);
  const pool = new DockerSlotPool({ slots, free, foundry, gate, reaper, diskFolder });
  try {
    const [first] = slots;
    await Promise.all([first?.lanes.trace.ready(), first?.lanes.confirm.ready()]);
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}
