// One side of a slot: always one sandbox of its variant, the next one created while the old one is still in use.
// It is replaced after so many requests or so much time, after an unclean end, after a fault, on a failed canary.
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Canary } from './canary.ts';
import { containerMemoryBytes } from './container-spec.ts';
import type { Variant } from './container-spec.ts';
import type { ChildRequest } from './request.ts';
import type { ChildAnswer, Sandbox } from './sandbox.ts';

/**
 * A sandbox takes 0.25 s of processor time to start, a child about 1.1 ms: of 5,000 requests, 8 to 40 seconds of work, that
 * is a twentieth. Its memory stays where it is however many it serves; what pollutes it without being seen by a canary
 * spoils no more than these.
 */
export const RECYCLE_REQUESTS = 5_000;
/** Well before the deadline in the labels, at which any reaper may remove it. */
export const RECYCLE_MS = 30 * 60_000;
/** The next sandbox is started this many requests before it is needed: more than its start takes. */
const PREPARE_REQUESTS = 400;
/** One request in so many is the canary; 2 % of the work. */
const CANARY_EVERY = 50;

/** The harness works on one request, has the next ones, and answers up to three at a time: as many come meanwhile. */
export const LINE_MAX = 6;
/** After a sandbox that was started for nobody in particular failed to. */
const WARM_PAUSE_MS = 60_000;
/** What is run again comes soon after: no more stand between than a slot has invocations under way. */
const SHORT_SEEDS = 2 * LINE_MAX;

function isCanaryDue({ requestCount }: Sandbox): boolean {
  return requestCount > 0 && requestCount % CANARY_EVERY === 0;
}

/** A sandbox, the memory of its container and its age. */
export interface Made {
  readonly sandbox: Sandbox;
  readonly memoryBytes: number;
  readonly bornAtMs: number;
}

export interface LaneOptions {
  readonly variant: Variant;
  /** The container has at least so much memory. */
  start(memoryBytes: number): Promise<Made>;
  readonly canary: Canary;
  readonly log: Logger;
}

export class Lane {
  private readonly options: LaneOptions;
  private held: Made | null = null;
  private next: Promise<Made> | null = null;
  private readonly leaving = new Set<Promise<void>>();
  private isClosed = false;
  /** Seeds of the last children that the kernel ended for memory. */
  private shortUnder: readonly string[] = [];
  /** Settles when the request that was asked for last is with a sandbox. */
  private sending: Promise<void> = Promise.resolve();
  /** Settle when a child that a sandbox was asked for has ended. */
  private readonly running = new Set<Promise<void>>();
  private unanswered = 0;
  private isWarming = false;
  private coldUntilMs = 0;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  /** Requests that have no answer yet. */
  get asked(): number {
    return this.unanswered;
  }

  get isIdle(): boolean {
    return this.unanswered === 0;
  }

  /** Whether a request would begin at once, and not wait for a sandbox to start. */
  get isWarm(): boolean {
    return this.held !== null && this.fits(this.held, 0);
  }

  /** Gets a sandbox for requests that may come. Nobody is told where that fails: whoever needs it will be. */
  warm(): void {
    if (this.isWarming || this.isClosed || Date.now() < this.coldUntilMs) return;
    this.isWarming = true;
    const cool = (): void => {
      this.coldUntilMs = Date.now() + WARM_PAUSE_MS;
    };
    this.sending = this.sending
      .then(() => this.ready())
      .then(() => undefined, cool)
      .finally(() => {
        this.isWarming = false;
      });
  }

  /** The sandbox that serves next, started where there is none that is fresh and large enough. */
  async ready(memoryBytes = 0): Promise<Sandbox> {
    this.requireOpen();
    const { held } = this;
    if (held !== null && this.fits(held, memoryBytes)) return held.sandbox;
    this.retire();
    const made = await this.made(memoryBytes);
    try {
      this.requireOpen();
    } catch (error) {
      await made.sandbox.close();
      throw error;
    }
    this.held = made;
    return made.sandbox;
  }

  /**
   * Runs one child in this lane's sandbox, after those that were asked for before. A sandbox that failed is replaced
   * before the next one; what stood in line there goes to the new one.
   */
  async run(request: ChildRequest, signal: AbortSignal): Promise<ChildAnswer> {
    this.unanswered += 1;
    try {
      for (;;) {
        const sent = this.sending.then(() => this.send(request, signal));
        this.sending = sent.then(
          () => undefined,
          () => undefined,
        );
        const answer = await (await sent).answer;
        if (answer !== null) return answer;
      }
    } finally {
      this.unanswered -= 1;
    }
  }

  /** The next requests are with the harness while it works on one, so that it need not wait for the host in between. */
  private async send(
    request: ChildRequest,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Promise<ChildAnswer | null> }> {
    const memoryBytes = containerMemoryBytes(request.limits);
    while (this.running.size >= LINE_MAX) await Promise.race(this.running);
    const wasShort = this.shortUnder.includes(request.seed);
    if (wasShort || !this.mayFollow(memoryBytes)) await Promise.all(this.running);
    // Who took the memory is not known: what is run again gets a sandbox in which nothing else was.
    if (wasShort) this.retire();
    this.shortUnder = this.shortUnder.filter((seed) => seed !== request.seed);
    await this.checkCanary(signal);
    const sandbox = await this.ready(memoryBytes);
    const answer = this.finish(sandbox, request, signal);
    const ended = answer.then(
      () => undefined,
      () => undefined,
    );
    this.running.add(ended);
    void ended.then(() => this.running.delete(ended));
    return { answer };
  }

  private async finish(
    sandbox: Sandbox,
    request: ChildRequest,
    signal: AbortSignal,
  ): Promise<ChildAnswer | null> {
    const answer = await sandbox.run(request, signal);
    if (answer === null) return null;
    const { refused, unclean, exit } = answer.result;
    if (exit.killedBy === 'memory') {
      this.shortUnder = [...this.shortUnder, request.seed].slice(-SHORT_SEEDS);
    }
    if (refused || unclean) this.retire();
    if (refused) {
      throw new AppError('sandbox-died', 'the sandbox could not make a child', { retryable: true });
    }
    if (unclean) {
      this.options.log.warn({ containerId: sandbox.id.slice(0, 12) }, 'sandbox was left unclean');
    } else {
      this.prepare(sandbox);
    }
    return answer;
  }

  /** Throws AppError `sandbox-died`. */
  private requireOpen(): void {
    if (!this.isClosed) return;
    throw new AppError('sandbox-died', 'the sandbox pool was closed', { retryable: true });
  }

  /** Before a canary and in another sandbox a request comes alone. */
  private mayFollow(memoryBytes: number): boolean {
    const { held } = this;
    return held !== null && this.fits(held, memoryBytes) && !isCanaryDue(held.sandbox);
  }

  /** Closes what there is, also what is still starting. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.retire();
    if (this.isWarming) this.leave(this.sending);
    const pending = this.next;
    this.next = null;
    if (pending !== null) this.leave(pending.then(({ sandbox }) => sandbox.close()));
    await Promise.all(this.leaving);
  }

  private async made(memoryBytes: number): Promise<Made> {
    const pending = this.next;
    this.next = null;
    const prepared = pending === null ? null : await pending;
    if (prepared !== null && this.fits(prepared, memoryBytes)) return prepared;
    if (prepared !== null) this.leave(prepared.sandbox.close());
    return await this.options.start(memoryBytes);
  }

  private fits(made: Made, wantedBytes: number): boolean {
    const { sandbox, bornAtMs, memoryBytes } = made;
    return (
      sandbox.isUsable &&
      memoryBytes >= wantedBytes &&
      sandbox.requestCount < RECYCLE_REQUESTS &&
      Date.now() - bornAtMs < RECYCLE_MS
    );
  }

  private prepare(sandbox: Sandbox): void {
    if (sandbox.requestCount < RECYCLE_REQUESTS - PREPARE_REQUESTS || this.next !== null) return;
    this.next = this.options.start(0);
    // Its failure is told to whoever needs it; until then nobody listens.
    this.next.catch(() => undefined);
  }

  private async checkCanary(signal: AbortSignal): Promise<void> {
    const sandbox = this.held?.sandbox;
    if (sandbox?.isUsable !== true || !isCanaryDue(sandbox)) return;
    const { canary, variant, log } = this.options;
    if (await canary.sings(sandbox, variant, signal).catch(() => false)) return;
    signal.throwIfAborted();
    log.warn({ containerId: sandbox.id.slice(0, 12) }, 'sandbox failed its canary');
    this.retire();
  }

  private retire(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.leave(held.sandbox.close());
  }

  private leave(work: Promise<void>): void {
    const settled = work.catch(() => undefined).finally(() => this.leaving.delete(settled));
    this.leaving.add(settled);
  }
}
