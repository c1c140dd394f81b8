// The pass trace: one batch of kept functions in, one sealed object of rows out. Functions are done one after another on
// one slot; every few of them become a durable part that the next attempt adopts.
import type { Digest, EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { makeTraceRow } from '../src/core/trace-row.ts';
import type { RowContext, TraceItem } from '../src/core/trace-row.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, contentKeyOf, invocationIdOf, rowIdOf } from '../src/identity/digest.ts';
import { pathDigestOf } from '../src/identity/row-digest.ts';
import { TableWriter } from '../src/store/parquet.ts';
import { readParts, writePart } from '../src/store/parts.ts';
import type { Part } from '../src/store/parts.ts';
import type { SandboxEnvironment, SandboxSlot } from '../src/sandbox/port.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { executeInvocation } from './execute-invocation.ts';
import type { ExecuteContext } from './execute-invocation.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { readExecution } from './read-execution.ts';
import { digestOfItems, readFunctionItems } from './trace-items.ts';
import type { FunctionItems } from './trace-items.ts';

/** Rises with every change of what this pass records. */
const PASS_VERSION = 1;
/** At 0.2 s for each of 25 × 6 invocations, a killed worker loses half a minute. */
const PART_FUNCTIONS = 25;
/** Slow functions are made durable sooner: at most one function beyond this is lost. */
const PART_MS = 60_000;

/** Texts of events: a part is held in memory until it is durable. */
const PART_CHARACTERS = 32 * 1024 * 1024;

const EMPTY_PATH: Digest = pathDigestOf([]);

interface TraceWork {
  readonly deps: ActivityDeps;
  readonly store: ObjectStore;
  readonly input: BatchInput;
  readonly spec: ResolvedSpec;
  readonly environment: SandboxEnvironment;
  readonly functions: readonly FunctionItems[];
  readonly contentKey: string;
  readonly signal: AbortSignal;
  readonly onDone: (at: { readonly done: number; readonly durable: number }) => void;
}

/** Idempotent: the object is found by what goes into its rows, and durable parts are adopted whatever they hold. */
export async function traceBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const at = { done: 0, durable: 0, total: 0 };
  return await withHeartbeat(
    () => ({ v: 1, ...at }),
    async (signal) => {
      const store = deps.storeOf(input.bucket);
      const spec = await loadSpec(store, input);
      requireFits(spec.limits, deps.limitsMax);
      const functions = await readFunctionItems(store, input);
      const environment = await requireEnvironment(poolOf(deps), input.environment, signal);
      at.total = functions.length;
      const contentKey = contentKeyOfBatch(spec, input, functions);
      const onDone = (now: { readonly done: number; readonly durable: number }): void => {
        Object.assign(at, now);
      };
      return await sealedBatch({ store, input, table: SEALED_TRACES, contentKey }, () =>
        traceFunctions({
          deps,
          store,
          input,
          spec,
          environment,
          functions,
          contentKey,
          signal,
          onDone,
        }),
      );
    },
  );
}

/** Throws AppError `spec-invalid` where the job asks for more than the sandboxes of this worker are sized for. */
function requireFits(asked: Limits, max: Limits): void {
  for (const [name, value] of Object.entries(asked) as [keyof Limits, number][]) {
    if (value <= max[name]) continue;
    throw new AppError(
      'spec-invalid',
      `limit ${name} of the job is ${String(value)}; sandboxes of this worker are sized for ${String(max[name])}`,
      { context: { limit: name, asked: value, max: max[name] } },
    );
  }
}

function contentKeyOfBatch(
  { trace, limits, confirm }: ResolvedSpec,
  input: BatchInput,
  functions: readonly FunctionItems[],
) {
  return contentKeyOf({
    pass: 'trace',
    passVersion: PASS_VERSION,
    specPart: { granularity: trace.granularity, scope: trace.scope, limits, confirm },
    environment: input.environment as EnvironmentId,
    inputDigests: functions.map(digestOfItems),
  });
}

/** The rows of all parts, written as they become durable; null where the worker drains before the last function. */
async function traceFunctions(work: TraceWork) {
  const { deps, store, input, functions, contentKey } = work;
  const to = {
    store,
    table: SEALED_TRACES,
    at: { jobId: input.jobId, pass: 'trace', contentKey },
  } as const;
  const sink = new RowSink();
  let durable = 0;
  const adopt = (part: Part<SealedTraceRow>): void => {
    sink.add(part.rows);
    durable = part.end;
    work.onDone({ done: durable, durable });
  };
  for (const part of await readParts<SealedTraceRow>(to)) adopt(part);
  while (durable < functions.length) {
    if (deps.drain.aborted) return null;
    const from = durable;
    const made = await poolOf(deps).use((slot) => tracePart(work, slot, from), work.signal);
    if (made.part.end > from) adopt(await writePart(to, made.part));
    if (made.failure !== null) throw made.failure;
  }
  return sink.finish();
}

/**
 * Gives rows to the writer in pieces of one size, so that the bytes do not depend on how parts were cut; counts them on
 * the way. Holds one piece.
 */
class RowSink {
  readonly #writer = new TableWriter(SEALED_TRACES);
  readonly #counts: Record<string, number> = {
    invocationsPlanned: 0,
    outcomes: 0,
    invocationsFaulted: 0,
  };
  #pending: SealedTraceRow[] = [];

  add(rows: readonly SealedTraceRow[]): void {
    for (const row of rows) {
      this.#count('invocationsPlanned');
      this.#count(row.outcome === 'faulted' ? 'invocationsFaulted' : 'outcomes');
      if (row.outcome !== 'faulted') this.#count(row.outcome);
      this.#pending.push(row);
      if (this.#pending.length >= SEALED_TRACES.groupRows) this.#flush();
    }
  }

  finish() {
    this.#flush();
    return { writer: this.#writer, counts: this.#counts };
  }

  #count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  #flush(): void {
    if (this.#pending.length > 0) this.#writer.append(this.#pending);
    this.#pending = [];
  }
}

interface MadePart {
  readonly part: Part<SealedTraceRow>;
  /** What broke it off; the functions before are done all the same. */
  readonly failure: Error | null;
}

/** Functions from `start` until the part is full, the worker drains, or something fails. */
async function tracePart(work: TraceWork, slot: SandboxSlot, start: number): Promise<MadePart> {
  const { functions, deps, signal } = work;
  const rows: SealedTraceRow[] = [];
  const beganAt = performance.now();
  let characters = 0;
  let end = start;
  const isFull = (): boolean =>
    end - start >= PART_FUNCTIONS ||
    characters >= PART_CHARACTERS ||
    performance.now() - beganAt >= PART_MS;
  try {
    while (end < functions.length && !(end > start && isFull()) && !deps.drain.aborted) {
      signal.throwIfAborted();
      const made: SealedTraceRow[] = [];
      for (const item of functions[end]?.items ?? []) made.push(await traceItem(work, slot, item));
      rows.push(...made);
      characters += made.reduce((sum, row) => sum + row.events.length, 0);
      end += 1;
      work.onDone({ done: end, durable: start });
    }
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    return { part: { start, end, rows }, failure };
  }
  return { part: { start, end, rows }, failure: null };
}

async function traceItem(
  work: TraceWork,
  slot: SandboxSlot,
  item: TraceItem,
): Promise<SealedTraceRow> {
  const { spec, environment, deps, signal } = work;
  const { granularity, scope } = spec.trace;
  const { limits } = spec;
  const { functionId, inputId } = item;
  const invocationId = invocationIdOf({ functionId, inputId, granularity, scope, limits });
  const { kind, source, entry } = item.function;
  const { setup, call, stdin } = item.input;
  const context: ExecuteContext = {
    slot,
    alone: (run) => poolOf(deps).alone(run, signal),
    read: readExecution,
    confirm: spec.confirm.invocations,
    signal,
    log: deps.log,
  };
  const end = await executeInvocation(context, {
    ...{ invocationId, granularity, scope, limits },
    ...{ kind, source, entry, setup, call, stdin },
  });
  const row: RowContext = { environment, granularity, scope, limits: canonicalJson(limits) };
  const id = rowIdOf(invocationId, environment.id);
  return makeTraceRow({ id, item, context: row, end, emptyPath: EMPTY_PATH });
}
