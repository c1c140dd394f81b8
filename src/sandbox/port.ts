// The port to the sandbox: what activities may ask of it. src/sandbox/pool.ts implements it on Docker.
import type { Execution, InvocationRequest } from '../contract/execution.ts';
import type { EnvironmentId } from '../contract/ids.ts';

export interface SandboxEnvironment {
  readonly id: EnvironmentId;
  /** For example `3.13.5`. */
  readonly python: string;
  /** Backend and version, for example `core/1`. */
  readonly tracer: string;
  /** The whole fingerprint, for the manifest: flat JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Two warm containers: one traces, one confirms. Every method throws AppError `sandbox-died` where the container was
 * lost, `sandbox-starved` where it was frozen, `wire-violation` where it sent what no harness sends; the slot replaces
 * its container by itself before the next call. An ending of the child, whatever it is, is returned as facts.
 */
export interface SandboxSlot {
  /** How many slots take what is asked of this one at the same time: itself, and those that nobody has now. */
  serving(): number;
  trace(request: InvocationRequest, signal: AbortSignal): Promise<Execution>;
  confirm(request: InvocationRequest, signal: AbortSignal): Promise<Execution>;
  /**
   * Runs the analysis of tracer/analyze.py in a child: parses, never executes. `request` and the answer are JSON
   * values whose shapes src/schema/analysis.ts checks.
   */
  analyze(request: unknown, signal: AbortSignal): Promise<unknown>;
  /**
   * Runs the search of tracer/synthesis/probe.py in a child, which executes the program many times. `request` and the
   * answer are JSON values whose shapes src/schema/probe.ts checks.
   */
  probe(request: unknown, memoryBytes: number, signal: AbortSignal): Promise<ProbeRun>;
}

export interface ProbeRun {
  /** Null where the child ended before it answered. */
  readonly answer: unknown;
  /** The execution that was last begun, -1 while the program is loaded; null where not even that began. */
  readonly last: number | null;
  /** What ended the child, for the log. */
  readonly how: string;
}

export interface SlotPool extends AsyncDisposable {
  readonly size: number;
  /** How many slots somebody has, or work for one that somebody has. */
  busy(): number;
  environment(signal: AbortSignal): Promise<SandboxEnvironment>;
  /** Waits for a free slot. Throws AppError `service-not-available` where the worker's disk is almost full. */
  use<T>(work: (slot: SandboxSlot) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Inside `use`: runs `work` while no other slot of this worker executes (the confirm-alone rule). */
  alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}
