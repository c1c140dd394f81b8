// What one child of a sandbox was asked and how it ended, before any judgement: the facts that core/outcome.ts reads.
import type { FunctionKind, Granularity, Scope } from './function.ts';
import type { Limits } from './limits.ts';
import type { Label } from './outcome.ts';

/** trace records events; confirm runs the same with the fuel counter only. */
export type SandboxRole = 'trace' | 'confirm';

/** `core` makes the product's traces; `reference` is slow and obvious, and checks it. */
export type Backend = 'core' | 'reference';

export interface InvocationRequest {
  /** Seeds `random`, `uuid` and urandom of the child, so that results do not depend on the position in a batch. */
  readonly invocationId: string;
  readonly kind: FunctionKind;
  readonly source: string;
  readonly entry: string;
  readonly setup: string;
  readonly call: string;
  readonly stdin: string;
  readonly granularity: Granularity;
  readonly scope: Scope;
  readonly limits: Limits;
  /** Which tracer records; the confirming role records nothing, and names it all the same. */
  readonly backend: Backend;
}

/** A counted budget, or memory, that ended the child from inside; written to shared memory before the child exits. */
export type Marker = 'events' | 'fuel' | 'trace-bytes' | 'output-bytes' | 'memory';

export interface ExitFacts {
  readonly exitCode: number | null;
  /** Name such as `SIGSEGV`; null where the child exited. */
  readonly signal: string | null;
  readonly marker: Marker | null;
  /** The back-stop that the supervisor fired, recorded where it was decided. */
  readonly killedBy: 'cpu' | 'wall' | 'memory' | null;
  readonly fuelSpent: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** True where the supervisor's own ticks were missing for more than half of a limit that fired: a fault, no outcome. */
  readonly starved: boolean;
  /** What the child was seen to touch, also where it left no end record. */
  readonly touched?: readonly Label[];
}

export interface Execution {
  readonly exit: ExitFacts;
  /** The committed prefix of the trace stream v1 (docs/trace-format.md). */
  readonly stream: Uint8Array;
  /** Raw descriptor bytes that no check point had taken up when the child ended. */
  readonly stdoutRest: Uint8Array;
  readonly stderrRest: Uint8Array;
}
