// One container with the harness in it: started, greeted, asked, and left without a trace. Requests stand in line: the
// harness works on the first, and finds the next one when it has answered.
// States: starting → ready ⇄ busy → closed. Whatever goes wrong closes it; the first reason is kept.
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import type { ContainerSpec } from './container-spec.ts';
import type { Engine } from './docker.ts';
import { AttachParser, FRAME, FRAME_BYTES_MAX, FrameParser } from './frames.ts';
import type { AnswerFrameType, Frame } from './frames.ts';
import { parseHello } from './hello.ts';
import type { Hello } from './hello.ts';
import { decodeResult, encodeRequest } from './request.ts';
import type { ChildRequest, ChildResult } from './request.ts';

/** Imports of the harness took 0.5 s where they were measured. */
const HELLO_MS = 60_000;
/** Over what the child may take: killing, wiping and sending 64 MiB on a busy host. */
const ANSWER_GRACE_MS = 60_000;
/** How long a harness may take to notice that stdin ended. */
const CLOSE_MS = 5_000;
/** Of requests that stand in line: this much is in the pipe of PID 1 whatever PID 1 does (64 KiB). The rest waits here. */
const FOLLOWS_BYTES_MAX = 32 * 1024;
/** The end of what PID 1 wrote to stderr, for the log. */
const DIAGNOSTIC_BYTES = 4_096;

export interface ChildAnswer {
  readonly result: ChildResult;
  readonly stream: Buffer;
  readonly out: Buffer;
  readonly err: Buffer;
}

type Parts = Map<AnswerFrameType, Buffer[]>;

/** The frame that ends an answer; `result` is null for a greeting. */
interface Last {
  readonly payload: Buffer;
  readonly result: ChildResult | null;
}

interface Deadline {
  /** From when it is the first in line. */
  readonly ms: number;
  late(): AppError;
}

/** An answer that is due. */
interface Turn {
  /** Bytes of each type that may still come. */
  readonly room: Map<AnswerFrameType, number>;
  readonly parts: Parts;
  readonly deadline: Deadline;
  /** Bytes of the request, and the request until it is sent. */
  readonly bytes: number;
  unsent: Buffer | null;
  /** Nobody waits for it any more. */
  isGivenUp: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Null: the harness did not come to it. */
  resolve(last: Last | null): void;
  reject(error: unknown): void;
}

export class Sandbox implements AsyncDisposable {
  readonly id: string;
  /** Requests so far. */
  requestCount = 0;
  private readonly engine: Engine;
  private readonly stream: Duplex;
  private readonly attach = new AttachParser();
  private readonly frames = new FrameParser();
  private readonly ended: Promise<void>;
  private readonly line: Turn[] = [];
  private failure: AppError | null = null;
  private diagnostic = '';
  private greeting: Hello | null = null;

  private constructor(engine: Engine, container: { id: string; stream: Duplex }) {
    this.engine = engine;
    this.id = container.id;
    this.stream = container.stream;
    this.ended = new Promise((resolve) => {
      this.stream.once('close', resolve);
      this.stream.once('end', resolve);
    });
    // Never paused: an attached stream that nobody reads blocks the engine's calls for its container.
    this.stream.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    this.stream.on('error', (cause) => {
      this.fail(this.died('its stream broke', cause));
    });
    void this.ended.then(() => {
      this.fail(this.died('its stream ended'));
    });
  }

  /** Throws AppError `sandbox-start-failed`, `docker-unreachable`, `wire-violation` or `environment-mismatch`. */
  static async start(engine: Engine, spec: ContainerSpec): Promise<Sandbox> {
    const sandbox = new Sandbox(engine, await engine.start(spec));
    try {
      const { answer } = sandbox.standInLine(new Map([[FRAME.hello, 0]]), null, {
        ms: HELLO_MS,
        late: () =>
          new AppError('sandbox-start-failed', 'the sandbox did not greet', { retryable: true }),
      });
      const hello = await answer;
      if (hello === null) throw sandbox.died('it did not come to greet');
      sandbox.greeting = parseHello(hello.payload);
      return sandbox;
    } catch (error) {
      await sandbox.kill();
      throw error;
    }
  }

  get hello(): Hello {
    if (this.greeting === null)
      throw new Error('invariant broken: a sandbox is used before it greeted');
    return this.greeting;
  }

  get isUsable(): boolean {
    return this.failure === null;
  }

  /**
   * Runs one child after those that were asked for before. Null: the sandbox was lost or is left before it came to this
   * one, to which nothing happened. Throws AppError `sandbox-died`, `sandbox-starved` (no answer in time) or
   * `wire-violation`, and the signal's reason; after each the sandbox is closed.
   */
  async run(request: ChildRequest, signal: AbortSignal): Promise<ChildAnswer | null> {
    signal.throwIfAborted();
    if (this.failure !== null) throw this.failure;
    const { limits } = request;
    const room = new Map<AnswerFrameType, number>([
      [FRAME.stream, limits.traceBytes + limits.endBytes],
      [FRAME.out, limits.outputBytes],
      [FRAME.err, limits.outputBytes],
      [FRAME.result, 0],
    ]);
    const { turn, answer } = this.standInLine(room, encodeRequest(request), {
      ms: limits.wallMs + ANSWER_GRACE_MS,
      late: () =>
        new AppError('sandbox-starved', 'the sandbox did not answer in time', { retryable: true }),
    });
    this.requestCount += 1;
    const abort = (): void => {
      this.giveUp(turn, signal.reason);
    };
    // As many listen as stand in line in all sandboxes of a worker.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const last = await answer;
      return last?.result == null ? null : this.answerOf(last.result, turn.parts);
    } catch (error) {
      if (!turn.isGivenUp) await this.kill();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Asks the harness to leave by closing its stdin; kills where it does not. Never throws. */
  async close(): Promise<void> {
    this.fail(this.died('it was closed'));
    this.stream.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
      }, CLOSE_MS);
    });
    const how = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (how === 'late') await this.kill();
    else this.stream.destroy();
  }

  /** Never throws: what is left is the reaper's. */
  async kill(): Promise<void> {
    this.fail(this.died('it was killed'));
    // Before the call: a stream that is open and unread would make it hang.
    this.stream.destroy();
    await this.engine.remove(this.id).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private answerOf(result: ChildResult, parts: Parts): ChildAnswer {
    const whole = (type: AnswerFrameType): Buffer => Buffer.concat(parts.get(type) ?? []);
    const answer = {
      result,
      stream: whole(FRAME.stream),
      out: whole(FRAME.out),
      err: whole(FRAME.err),
    };
    const isWhole =
      answer.stream.length === result.streamBytes &&
      answer.out.length === result.outBytes &&
      answer.err.length === result.errBytes;
    if (!isWhole)
      throw new AppError('wire-violation', 'the sandbox sent another length than it said');
    return answer;
  }

  /** `room` tells which frames may come, and how many bytes of each. */
  private standInLine(
    room: Map<AnswerFrameType, number>,
    request: Buffer | null,
    deadline: Deadline,
  ): { turn: Turn; answer: Promise<Last | null> } {
    const turn: Turn = {
      ...{ room, parts: new Map(), deadline, isGivenUp: false, timer: undefined },
      ...{ bytes: request?.length ?? 0, unsent: request },
      ...{ resolve: () => undefined, reject: () => undefined },
    };
    const answer = new Promise<Last | null>((resolve, reject) => {
      turn.resolve = resolve;
      turn.reject = reject;
    });
    this.line.push(turn);
    if (this.failure !== null) this.leaveAll(this.failure);
    else if (this.line.length === 1) this.startFirst();
    else this.sendLine();
    return { turn, answer };
  }

  /** Sends the first, and of those behind it as many as there is room for, in their order. */
  private sendLine(): void {
    let following = 0;
    for (const [at, turn] of this.line.entries()) {
      following += at === 0 ? 0 : turn.bytes;
      if (following > FOLLOWS_BYTES_MAX) return;
      this.send(turn);
    }
  }

  /** Requests of one turn of the event loop go in one write: the engine and the harness wake once. */
  private send(turn: Turn): void {
    if (turn.unsent === null) return;
    if (this.stream.writableCorked === 0) {
      this.stream.cork();
      setImmediate(() => {
        this.stream.uncork();
      });
    }
    this.stream.write(turn.unsent);
    turn.unsent = null;
  }

  private startFirst(): void {
    const [first] = this.line;
    if (first === undefined) return;
    if (first.isGivenUp) {
      void this.kill();
      return;
    }
    this.sendLine();
    first.timer = setTimeout(() => {
      this.fail(first.deadline.late());
    }, first.deadline.ms);
  }

  /** What runs is ended with the sandbox; what only stands in line leaves those before it alone. */
  private giveUp(turn: Turn, reason: unknown): void {
    if (this.line[0] === turn) {
      this.fail(reason);
      return;
    }
    turn.isGivenUp = true;
    turn.reject(reason);
  }

  private receive(chunk: Buffer): void {
    // After a failure bytes are read and dropped, so that the engine never blocks on us.
    if (this.failure !== null) return;
    try {
      this.attach.push(chunk, {
        stdout: (part) => {
          this.frames.push(part, (frame) => {
            this.take(frame);
          });
        },
        stderr: (part) => {
          this.diagnostic = (this.diagnostic + part.toString('latin1')).slice(-DIAGNOSTIC_BYTES);
        },
      });
    } catch (error) {
      this.fail(error);
    }
  }

  private take(frame: Frame): void {
    const [first] = this.line;
    const room = first?.room.get(frame.type);
    if (first === undefined || room === undefined) {
      throw new AppError('wire-violation', `the sandbox sent frame ${String(frame.type)} unasked`, {
        retryable: true,
      });
    }
    const { type, payload } = frame;
    if (type === FRAME.hello || type === FRAME.result) {
      this.end(first, { payload, result: type === FRAME.result ? decodeResult(payload) : null });
      return;
    }
    if (payload.length > room) {
      throw new AppError('wire-violation', 'the sandbox sent more than a child may leave', {
        retryable: true,
      });
    }
    first.room.set(type, room - payload.length);
    const parts = first.parts.get(type) ?? [];
    // Or a peer that sends one byte at a time has an object made for each.
    if ((parts.at(-1)?.length ?? FRAME_BYTES_MAX) < FRAME_BYTES_MAX) {
      throw new AppError('wire-violation', 'the sandbox sent an answer in small pieces', {
        retryable: true,
      });
    }
    first.parts.set(type, parts);
    parts.push(payload);
  }

  private end(first: Turn, last: Last): void {
    this.line.shift();
    clearTimeout(first.timer);
    first.resolve(last);
    // PID 1 takes no other request after either.
    if (last.result?.unclean === true || last.result?.refused === true) {
      this.failure = this.died('it is of no further use');
      this.leaveAll(null);
    } else {
      this.startFirst();
    }
  }

  /** The first reason stays. */
  private fail(reason: unknown): void {
    this.failure ??=
      reason instanceof AppError ? reason : this.died('its work was stopped', reason);
    this.leaveAll(reason);
  }

  /** Ends the first with `reason`, where there is one; those behind it were not begun. */
  private leaveAll(reason: unknown): void {
    const [first, ...others] = this.line.splice(0);
    clearTimeout(first?.timer);
    if (reason === null) first?.resolve(null);
    else first?.reject(reason);
    for (const turn of others) turn.resolve(null);
  }

  private died(what: string, cause?: unknown): AppError {
    const last = this.diagnostic.trimEnd().split('\n').at(-1) ?? '';
    const told = last === '' ? '' : `; its last words: ${last.slice(-200)}`;
    return new AppError('sandbox-died', `the sandbox is gone: ${what}${told}`, {
      retryable: true,
      context: { containerId: this.id.slice(0, 12), diagnostic: this.diagnostic.slice(-400) },
      cause,
    });
  }
}
