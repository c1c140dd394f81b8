// One part of the pass trace: functions one after another on one slot, until the part is full, the worker drains, or
// something fails.
import type { ContentKey, Digest, InvocationId, RowId } from '../src/contract/ids.ts';
import type { BatchInput } from '../src/contract/job.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { makeTraceRow, reusedRow } from '../src/core/trace-row.ts';
import type { InvocationEnd, RowContext, TraceItem } from '../src/core/trace-row.ts';
import { invocationIdOf, limitsJson, rowIdOf } from '../src/identity/digest.ts';
import { pathDigestOf } from '../src/identity/row-digest.ts';
import type { SandboxEnvironment, SandboxSlot } from '../src/sandbox/port.ts';
import type { FoundResults } from '../src/store/found-results.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import type { Part } from '../src/store/parts.ts';
import type { ActivityDeps } from './deps.ts';
import { executeInvocation } from './execute-invocation.ts';
import type { ExecuteContext } from './execute-invocation.ts';
import { inOrder } from './in-order.ts';
import { LINE_MAX } from '../src/sandbox/lane.ts';
import { poolOf } from './probe-environment.ts';
import { readExecution } from './read-execution.ts';
import type { FunctionItems } from './trace-items.ts';
import type { TraceTally } from './trace-tally.ts';

/** At 0.2 s for each of 25 × 6 invocations, a killed worker loses half a minute. */
const PART_FUNCTIONS = 25;
/** Slow functions are made durable sooner: at most one function beyond this is lost. */
const PART_MS = 60_000;
/** Texts of events: a part is held in memory until it is durable. */
const PART_CHARACTERS = 32 * 1024 * 1024;

/** As many as stand in line at the sandboxes of a slot: more would only wait. */
const SLOT_WIDTH = 2 * LINE_MAX;

/** How many invocations are worth having under way. */
export function widthOf(slot: Pick<SandboxSlot, 'serving'>): number {
  return SLOT_WIDTH * slot.serving();
}

const EMPTY_PATH: Digest = pathDigestOf([]);

export interface TraceWork {
  readonly deps: ActivityDeps;
  readonly store: ObjectStore;
  readonly input: BatchInput;
  readonly spec: ResolvedSpec;
  /** Of these invocations: those of the spec, or those of the retry. */
  readonly limits: Limits;
  readonly environment: SandboxEnvironment;
  readonly functions: readonly FunctionItems[];
  readonly contentKey: ContentKey;
  readonly signal: AbortSignal;
  /** Results of other jobs; read when they are first asked for. */
  readonly found: () => Promise<FoundResults | null>;
  readonly tally: TraceTally;
}

/** Functions `from` (inclusive) to `to` (exclusive) of a batch. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface MadePart {
  readonly part: Part<SealedTraceRow>;
  /** What broke it off; the functions before are done all the same. */
  readonly failure: Error | null;
}

/** One invocation of a function; null stands for a function without any. */
interface Step {
  readonly item: TraceItem | null;
  /** The function after which this step leaves the part, where it is the function's last. */
  readonly ends: number | null;
}

/** Steps of functions from `start` on; `goesOn` is asked before each function but the first. */
function* stepsFrom(
  { functions }: TraceWork,
  { from: start, to }: Range,
  goesOn: (at: number) => boolean,
): Generator<Step> {
  for (let at = start; at < to && (at === start || goesOn(at)); at += 1) {
    const items = functions[at]?.items ?? [];
    if (items.length === 0) yield { item: null, ends: at + 1 };
    for (const [place, item] of items.entries()) {
      yield { item, ends: place === items.length - 1 ? at + 1 : null };
    }
  }
}

/**
 * Functions of the range from its begin; the part may end before the range does. While one invocation is confirmed in
 * one sandbox of the slot, the next is traced in the other, and in slots that nobody has; rows are in order all the same.
 */
export async function tracePart(
  work: TraceWork,
  slot: SandboxSlot,
  range: Range,
): Promise<MadePart> {
  const { deps, signal } = work;
  const start = range.from;
  const rows: SealedTraceRow[] = [];
  const beganAt = performance.now();
  let characters = 0;
  let end = start;
  let made: SealedTraceRow[] = [];
  const goesOn = (at: number): boolean =>
    at - start < PART_FUNCTIONS &&
    characters < PART_CHARACTERS &&
    performance.now() - beganAt < PART_MS &&
    !deps.drain.aborted;
  const run = async ({ item, ends }: Step) => {
    signal.throwIfAborted();
    if (item === null) return { row: null, ends };
    const one = identified(work, item);
    return { row: (await foundRow(work, one)) ?? (await traceItem(work, slot, one)), ends };
  };
  let failure: Error | null = null;
  try {
    const steps = deps.drain.aborted ? [] : stepsFrom(work, range, goesOn);
    for await (const { row, ends } of inOrder(steps, () => widthOf(slot), run)) {
      if (row !== null) made.push(row);
      if (ends === null) continue;
      rows.push(...made);
      work.tally.add(made);
      characters += made.reduce((sum, { events }) => sum + events.length, 0);
      made = [];
      end = ends;
      work.tally.reach({ done: end, durable: start });
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return { part: { start, end, rows }, failure };
}

/** The range as functions that no worker survives: nothing runs. */
export function lostPart(work: TraceWork, { from, to }: Range): Part<SealedTraceRow> {
  const items = work.functions.slice(from, to).flatMap((of) => of.items);
  const lost = { kind: 'faulted', code: 'worker-lost' } as const;
  const rows = items.map((item) => rowOf(work, identified(work, item), lost));
  return { start: from, end: to, rows };
}

interface Identified {
  readonly item: TraceItem;
  readonly invocationId: InvocationId;
  readonly id: RowId;
}

function identified({ spec, limits, environment }: TraceWork, item: TraceItem): Identified {
  const { granularity, scope } = spec.trace;
  const { functionId, inputId } = item;
  const invocationId = invocationIdOf({ functionId, inputId, granularity, scope, limits });
  return { item, invocationId, id: rowIdOf(invocationId, environment.id) };
}

function rowOf(work: TraceWork, { item, id }: Identified, end: InvocationEnd): SealedTraceRow {
  const { spec, environment, limits } = work;
  const { granularity, scope } = spec.trace;
  const context: RowContext = { environment, granularity, scope, limits: limitsJson(limits) };
  return makeTraceRow({ id, item, context, end, emptyPath: EMPTY_PATH });
}

/** The row that another job's result makes, with what this corpus says of function and input; null where there is none. */
async function foundRow(work: TraceWork, { item, id }: Identified): Promise<SealedTraceRow | null> {
  const found = await work.found();
  if (found === null) return null;
  const row = await found.rowOf(id);
  const reused = row === null ? null : reusedRow(row, item);
  if (reused !== null) work.tally.reuse();
  return reused;
}

async function traceItem(
  work: TraceWork,
  slot: SandboxSlot,
  one: Identified,
): Promise<SealedTraceRow> {
  const { item, invocationId } = one;
  const { spec, limits, deps, signal } = work;
  const { granularity, scope } = spec.trace;
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
  const beganAt = performance.now();
  const end = await executeInvocation(context, {
    ...{ invocationId, granularity, scope, limits },
    ...{ kind, source, entry, setup, call, stdin, backend: 'core' },
  });
  const outcome = end.kind === 'faulted' ? end.kind : end.ending.outcome;
  deps.metrics.invocation({ outcome, seconds: (performance.now() - beganAt) / 1_000 });
  return rowOf(work, one, end);
}
