// Requests to the harness and the fixed result record that comes back, to the byte (docs/sandbox.md).
import { createHash } from 'node:crypto';
import type { ExitFacts, Marker } from '../contract/execution.ts';
import type { Limits } from '../contract/limits.ts';
import type { Label } from '../contract/outcome.ts';
import { AppError } from '../errors.ts';
import { FRAME } from './frames.ts';

export const COMMAND = { trace: 1, confirm: 2, analyze: 3, probe: 4 } as const;
export type Command = (typeof COMMAND)[keyof typeof COMMAND];

/** Largest payload of a request in bytes, the same as in tracer/csrc/harness.h. */
export const REQUEST_BYTES_MAX = 16 * 1024 * 1024;
/** Room for an end record, apart from the budget of the trace: values in it are capped one by one, arguments add up. */
export const END_BYTES_MAX = 8 * 1024 * 1024;

/** Largest answer of an analysis in bytes: texts of a request, each named a few times. */
export const ANALYSIS_BYTES_MAX = 64 * 1024 * 1024;

const MAGIC = 0x31524d54;
const HEAD_BYTES = 104;
export const RESULT_BYTES = 64;

/** What the child may use; times are those that really apply, after any factor. */
export interface ChildLimits {
  readonly fuel: number;
  readonly traceBytes: number;
  readonly endBytes: number;
  readonly outputBytes: number;
  readonly memoryBytes: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** How long the child may do nothing at all. */
  readonly idleMs: number;
}

export interface ChildRequest {
  readonly command: Command;
  readonly limits: ChildLimits;
  /** Seeds the child's randomness, whatever its form. */
  readonly seed: string;
  readonly document: unknown;
  readonly stdin: string;
}

export interface ChildResult {
  readonly exit: ExitFacts;
  /** Processes or files were left that PID 1 could not remove: the container is of no further use. */
  readonly unclean: boolean;
  /** No child could be made. */
  readonly refused: boolean;
  readonly streamBytes: number;
  readonly outBytes: number;
  readonly errBytes: number;
}

/** The whole frame. Throws AppError `internal` where the texts are larger than any spec allows. */
export function encodeRequest(request: ChildRequest): Buffer {
  const document = Buffer.from(JSON.stringify(request.document), 'utf8');
  const stdin = Buffer.from(request.stdin, 'utf8');
  const length = HEAD_BYTES + document.length + stdin.length;
  if (length > REQUEST_BYTES_MAX) {
    throw new AppError(
      'internal',
      `a request of ${String(length)} bytes is larger than a sandbox takes`,
    );
  }
  const frame = Buffer.alloc(5 + HEAD_BYTES);
  frame.writeUInt8(FRAME.request, 0);
  frame.writeUInt32LE(length, 1);
  const { limits } = request;
  const head = frame.subarray(5);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(request.command, 4);
  head.writeBigUInt64LE(BigInt(limits.fuel), 8);
  head.writeBigUInt64LE(BigInt(limits.traceBytes), 16);
  head.writeBigUInt64LE(BigInt(limits.endBytes), 24);
  head.writeBigUInt64LE(BigInt(limits.outputBytes), 32);
  head.writeBigUInt64LE(BigInt(limits.memoryBytes), 40);
  head.writeUInt32LE(limits.cpuMs, 48);
  head.writeUInt32LE(limits.wallMs, 52);
  head.writeUInt32LE(limits.idleMs, 56);
  head.writeUInt32LE(stdin.length, 60);
  head.writeUInt32LE(document.length, 64);
  createHash('sha256').update(request.seed).digest().copy(head, 72);
  return Buffer.concat([frame, document, stdin]);
}

const MARKERS: readonly (Marker | null)[] = [
  null,
  'events',
  'fuel',
  'trace-bytes',
  'output-bytes',
  'memory',
];
const KILLERS: readonly ExitFacts['killedBy'][] = [null, 'cpu', 'wall', 'memory'];
const FLAG_STARVED = 1;
const FLAG_UNCLEAN = 2;
const FLAG_REFUSED = 4;
/** Bits of enum touch in tracer/csrc/harness.h, above the flags. */
const TOUCHES: readonly (readonly [number, Label])[] = [
  [1 << 8, 'touches-clock'],
  [1 << 9, 'touches-random'],
  [1 << 10, 'touches-files'],
  [1 << 11, 'touches-network'],
  [1 << 12, 'processes'],
  [1 << 13, 'threads'],
  [1 << 14, 'tampered'],
];

/** Linux numbers of x86-64 and arm64; a signal without a name here is written by its number. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  16: 'SIGSTKFLT',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  26: 'SIGVTALRM',
  27: 'SIGPROF',
  29: 'SIGIO',
  30: 'SIGPWR',
  31: 'SIGSYS',
};

const isNone = (): AppError =>
  new AppError('wire-violation', 'the sandbox sent a result that is none', { retryable: true });

function number64(payload: Buffer, at: number): number {
  const value = Number(payload.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw isNone();
  return value;
}

/** Throws AppError `wire-violation` where the record is not one that PID 1 writes. */
export function decodeResult(payload: Buffer): ChildResult {
  const marker = payload.length === RESULT_BYTES ? MARKERS[payload.readUInt32LE(8)] : undefined;
  const killedBy = payload.length === RESULT_BYTES ? KILLERS[payload.readUInt32LE(12)] : undefined;
  if (marker === undefined || killedBy === undefined) throw isNone();
  const exitCode = payload.readInt32LE(0);
  const signal = payload.readInt32LE(4);
  const flags = payload.readUInt32LE(16);
  return {
    exit: {
      exitCode: signal === 0 ? exitCode : null,
      signal: signal === 0 ? null : (SIGNALS[signal] ?? `SIG${String(signal)}`),
      marker,
      killedBy,
      fuelSpent: number64(payload, 24),
      wallMs: payload.readUInt32LE(32),
      cpuMs: payload.readUInt32LE(36),
      starved: (flags & FLAG_STARVED) !== 0,
      touched: TOUCHES.filter(([bit]) => (flags & bit) !== 0).map(([, label]) => label),
    },
    unclean: (flags & FLAG_UNCLEAN) !== 0,
    refused: (flags & FLAG_REFUSED) !== 0,
    streamBytes: number64(payload, 40),
    outBytes: number64(payload, 48),
    errBytes: number64(payload, 56),
  };
}

/** An analysis parses a batch of texts and answers with JSON; it executes nothing of them. */
export const ANALYSIS_LIMITS: ChildLimits = {
  fuel: Number.MAX_SAFE_INTEGER,
  traceBytes: 0,
  endBytes: ANALYSIS_BYTES_MAX,
  outputBytes: 64 * 1024,
  memoryBytes: 768 * 1024 * 1024,
  cpuMs: 120_000,
  wallMs: 600_000,
  idleMs: 60_000,
};

/** Numbers of executions, of a few bytes each. */
const PROBE_STREAM_BYTES = 256 * 1024;
const PROBE_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * A search is bounded by what it counts; time only ends what hangs in C code or waits for what never comes. 60 s of
 * processor are sixty candidates that each use up the second after which the child ends itself.
 */
export function probeLimits(memoryBytes: number): ChildLimits {
  return {
    fuel: Number.MAX_SAFE_INTEGER,
    traceBytes: PROBE_STREAM_BYTES,
    endBytes: PROBE_ANSWER_BYTES,
    outputBytes: 1024 * 1024,
    memoryBytes,
    cpuMs: 60_000,
    wallMs: 240_000,
    idleMs: 3_000,
  };
}

/** Limits of a traced or confirmed invocation; `timeFactor` is for a tracer that is slow by itself. */
export function childLimits(limits: Limits, timeFactor: number): ChildLimits {
  return {
    fuel: limits.fuel,
    traceBytes: limits.traceBytes,
    endBytes: END_BYTES_MAX,
    outputBytes: limits.outputBytes,
    memoryBytes: limits.memoryBytes,
    cpuMs: limits.cpuMs * timeFactor,
    wallMs: limits.wallMs * timeFactor,
    idleMs: limits.wallMs,
  };
}
