// The bounded parser of the attached raw stream: Docker's multiplexing around our own frames. It assumes a hostile
// peer: nothing is buffered beyond one frame, and what no harness sends is an AppError `wire-violation`.
import { AppError } from '../errors.ts';

/** Frame types of docs/sandbox.md. */
export const FRAME = { request: 1, hello: 16, stream: 17, out: 18, err: 19, result: 20 } as const;
export type AnswerFrameType = 16 | 17 | 18 | 19 | 20;

export interface Frame {
  readonly type: AnswerFrameType;
  readonly payload: Buffer;
}

/** Largest payload of one frame in bytes, the same as in tracer/csrc/harness.h. */
export const FRAME_BYTES_MAX = 65_536;
const FRAME_HEADER_BYTES = 5;
const DOCKER_HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;

const violation = (what: string): AppError =>
  new AppError('wire-violation', `the sandbox sent ${what}`, { retryable: true });

/** Collects exactly so many bytes out of chunks of any size, without copying a chunk twice. */
class Collector {
  private target: Buffer;
  private filled = 0;

  constructor(bytes: number) {
    this.target = Buffer.allocUnsafe(bytes);
  }

  /** Takes what it needs from `chunk` at `offset`; returns the new offset. */
  take(chunk: Buffer, offset: number): number {
    const count = Math.min(this.target.length - this.filled, chunk.length - offset);
    chunk.copy(this.target, this.filled, offset, offset + count);
    this.filled += count;
    return offset + count;
  }

  get whole(): Buffer | null {
    return this.filled === this.target.length ? this.target : null;
  }

  reset(bytes: number): void {
    this.target = bytes === this.target.length ? this.target : Buffer.allocUnsafe(bytes);
    this.filled = 0;
  }
}

function isAnswerType(type: number): type is AnswerFrameType {
  return type >= FRAME.hello && type <= FRAME.result;
}

/** Our frames: u8 type, u32 little-endian length, payload. */
export class FrameParser {
  private readonly header = new Collector(FRAME_HEADER_BYTES);
  private payload: Collector | null = null;
  private type: AnswerFrameType = FRAME.hello;

  /** Throws AppError `wire-violation`; the parser is of no use after that. */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      offset = (this.payload ?? this.header).take(chunk, offset);
      if (this.payload === null) this.startFrame();
      const payload = this.payload?.whole ?? null;
      if (payload === null) continue;
      this.payload = null;
      this.header.reset(FRAME_HEADER_BYTES);
      onFrame({ type: this.type, payload });
    }
  }

  private startFrame(): void {
    const header = this.header.whole;
    if (header === null) return;
    const type = header.readUInt8(0);
    const length = header.readUInt32LE(1);
    if (!isAnswerType(type)) throw violation(`a frame of unknown type ${String(type)}`);
    if (length === 0 || length > FRAME_BYTES_MAX) {
      throw violation(
        `a frame of ${String(length)} bytes, from 1 to ${String(FRAME_BYTES_MAX)} are allowed`,
      );
    }
    this.type = type;
    this.payload = new Collector(length);
  }
}

/** Docker's frames of an attached stream without a terminal: u8 stream, 3 zero bytes, u32 big-endian length. */
export class AttachParser {
  private readonly header = new Collector(DOCKER_HEADER_BYTES);
  private left = 0;
  private stream = STDOUT;

  /** Throws AppError `wire-violation` where the stream is not Docker's. */
  push(chunk: Buffer, on: { stdout(part: Buffer): void; stderr(part: Buffer): void }): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.left === 0) {
        offset = this.header.take(chunk, offset);
        this.startPart();
        continue;
      }
      const end = Math.min(chunk.length, offset + this.left);
      const part = chunk.subarray(offset, end);
      this.left -= part.length;
      offset = end;
      if (this.stream === STDERR) on.stderr(part);
      else on.stdout(part);
    }
  }

  private startPart(): void {
    const header = this.header.whole;
    if (header === null) return;
    this.stream = header.readUInt8(0);
    if ((this.stream !== STDOUT && this.stream !== STDERR) || header.readUIntBE(1, 3) !== 0) {
      throw violation('what is no attached stream of Docker');
    }
    this.left = header.readUInt32BE(4);
    this.header.reset(DOCKER_HEADER_BYTES);
  }
}
