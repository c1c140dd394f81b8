// Limits of one invocation, with the defaults of docs/job-spec.md. Sizes in bytes, times in milliseconds.

export interface Limits {
  /** Every element of a row's `events` but event 0 counts. */
  readonly events: number;
  /** Calls and backward jumps of all Python code of the child. */
  readonly fuel: number;
  readonly traceBytes: number;
  /** Standard output and standard error, each. */
  readonly outputBytes: number;
  readonly memoryBytes: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly stringCodePoints: number;
  readonly stringHead: number;
  readonly containerItems: number;
  readonly depth: number;
  readonly objectBytes: number;
}

const MIB = 1024 * 1024;

/** The reference tracer compares the whole state at every opcode: it runs under so many times the time limits. */
export const REFERENCE_TIME_FACTOR = 20;

export const DEFAULT_LIMITS: Limits = {
  events: 20_000,
  fuel: 10_000_000,
  traceBytes: 4 * MIB,
  outputBytes: 64 * 1024,
  memoryBytes: 256 * MIB,
  cpuMs: 5_000,
  wallMs: 60_000,
  stringCodePoints: 10_000,
  stringHead: 1_000,
  containerItems: 1_000,
  depth: 20,
  objectBytes: 64 * 1024,
};

/** No spec may ask for more: each bounds a buffer, a wait or a container that is sized by it. */
export const MAX_LIMITS: Limits = {
  events: 1_000_000,
  fuel: 1_000_000_000,
  traceBytes: 256 * MIB,
  outputBytes: 16 * MIB,
  memoryBytes: 4096 * MIB,
  cpuMs: 600_000,
  wallMs: 3_600_000,
  stringCodePoints: 1_000_000,
  stringHead: 100_000,
  containerItems: 100_000,
  depth: 100,
  objectBytes: 16 * MIB,
};

/** Time and memory back-stops are confirmed alone under this many times the limit. */
export const BACKSTOP_FACTOR = 4;
