// One container with the harness in it: started, greeted, asked one request at a time, and left without a trace.
// States: starting → ready ⇄ busy → closed. Whatever goes wrong closes it; the first reason is kept.
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import type { ContainerSpec } from './container-spec.ts';
import type { Engine } from './docker.ts';
import { AttachParser, FRAME, FrameParser } from './frames.ts';
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
/** The end of what PID 1 wrote to stderr, for the log. */
const DIAGNOSTIC_BYTES = 4_096;

export interface ChildAnswer {
  readonly result: ChildResult;
  readonly stream: Buffer;
  readonly out: Buffer;
  readonly err: Buffer;
}

type Parts = Map<AnswerFrameType, Buffer[]>;

interface Waiting {
  /** Bytes of each type that may still come. */
  readonly room: Map<AnswerFrameType, number>;
  readonly parts: Parts;
  resolve(frame: Buffer): void;
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
  private waiting: Waiting | null = null;
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
      const hello = await sandbox.expect(new Map([[FRAME.hello, 0]]), {
        ms: HELLO_MS,
        late: () =>
          new AppError('sandbox-start-failed', 'the sandbox did not greet', { retryable: true }),
      });
      sandbox.greeting = parseHello(hello.last);
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
   * Runs one child. Throws AppError `sandbox-died`, `sandbox-starved` (no answer in time) or `wire-violation`, and the
   * signal's reason; after each the sandbox is closed.
   */
  async run(request: ChildRequest, signal: AbortSignal): Promise<ChildAnswer> {
    signal.throwIfAborted();
    if (this.failure !== null) throw this.failure;
    const frame = encodeRequest(request);
    const { limits } = request;
    this.requestCount += 1;
    const room = new Map<AnswerFrameType, number>([
      [FRAME.stream, limits.traceBytes + limits.endBytes],
      [FRAME.out, limits.outputBytes],
      [FRAME.err, limits.outputBytes],
      [FRAME.result, 0],
    ]);
    const abort = (): void => {
      this.fail(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answer = this.expect(room, {
        ms: limits.wallMs + ANSWER_GRACE_MS,
        late: () =>
          new AppError('sandbox-starved', 'the sandbox did not answer in time', {
            retryable: true,
          }),
      });
      this.stream.write(frame);
      const { last, parts } = await answer;
      return this.answer(decodeResult(last), parts);
    } catch (error) {
      await this.kill();
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

  private answer(result: ChildResult, parts: Parts): ChildAnswer {
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

  /** Waits for a greeting or a result; `room` tells which frames may come, and how many bytes of each. */
  private async expect(
    room: Map<AnswerFrameType, number>,
    deadline: { readonly ms: number; late(): AppError },
  ): Promise<{ last: Buffer; parts: Parts }> {
    if (this.waiting !== null) throw new Error('invariant broken: two requests at one sandbox');
    const parts: Parts = new Map();
    const timer = setTimeout(() => {
      this.fail(deadline.late());
    }, deadline.ms);
    try {
      const payload = await new Promise<Buffer>((resolve, reject) => {
        if (this.failure !== null) {
          reject(this.failure);
          return;
        }
        this.waiting = { room, parts, resolve, reject };
      });
      return { last: payload, parts };
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
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
    const { waiting } = this;
    const room = waiting?.room.get(frame.type);
    if (waiting === null || room === undefined) {
      throw new AppError('wire-violation', `the sandbox sent frame ${String(frame.type)} unasked`, {
        retryable: true,
      });
    }
    const isLast = frame.type === FRAME.hello || frame.type === FRAME.result;
    if (isLast) {
      this.waiting = null;
      waiting.resolve(frame.payload);
      return;
    }
    if (frame.payload.length > room) {
      throw new AppError('wire-violation', 'the sandbox sent more than a child may leave', {
        retryable: true,
      });
    }
    waiting.room.set(frame.type, room - frame.payload.length);
    const parts = waiting.parts.get(frame.type);
    if (parts === undefined) waiting.parts.set(frame.type, [frame.payload]);
    else parts.push(frame.payload);
  }

  /** The first reason stays. */
  private fail(reason: unknown): void {
    const { waiting } = this;
    this.waiting = null;
    if (this.failure === null) {
      this.failure =
        reason instanceof AppError ? reason : this.died('its work was stopped', reason);
    }
    waiting?.reject(reason);
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
