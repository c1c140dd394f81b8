// The passes probe and reprobe: the kept functions of a batch with the inputs that were found; in a sandbox more are looked
// for, and those are kept that cover the most. One sealed object says what became of each. reprobe does it once more for
// the functions that a language model wrote inputs for, and takes the rest over.
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult, PassName } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow } from '../src/contract/sealed-rows.ts';
import type { FuzzSpec, ResolvedSpec } from '../src/contract/spec.ts';
import type { PartAddress } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, contentKeyOf, digestOf } from '../src/identity/digest.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import type { ProbeAnswer, ProbeQuestion } from '../src/schema/probe.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { findSearches } from '../src/store/found-results.ts';
import type { FoundSearches } from '../src/store/found-results.ts';
import type { Part } from '../src/store/parts.ts';
import { writeResultIndex } from '../src/store/result-index.ts';
import { sealedBatch, sealedKey } from '../src/store/sealed-batch.ts';
import { PROBED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inParts, noParts } from './in-parts.ts';
import type { PartRange, PartedBeat } from './in-parts.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import type { AskContext } from './ask-child.ts';
import { probeFunction } from './probe-function.ts';
import type { Probed } from './probe-function.ts';
import { probeCounts, probeRows } from './probe-rows.ts';
import type { RowsGiven } from './probe-rows.ts';
import { wishOf } from './prompt-rows.ts';
import { PROBE_PASS_VERSION, searchKeyOf, searchRules, searchSpaceOf } from './result-space.ts';
import { readSearchItems } from './search-items.ts';
import type { SearchItem } from './search-items.ts';

interface Work {
  readonly spec: ResolvedSpec;
  readonly fuzz: FuzzSpec;
  readonly pass: PassName;
  readonly functions: readonly SearchItem[];
}

function keyOf(input: BatchInput, { spec, pass, functions }: Work) {
  return contentKeyOf({
    pass,
    passVersion: PROBE_PASS_VERSION,
    specPart: searchRules(spec),
    // A batch ran under the environment of its job, or it did not run.
    environment: input.environment as EnvironmentId,
    inputDigests: functions.map((each) =>
      digestOf('probe-items', [
        each.functionId,
        canonicalJson(each.function),
        canonicalJson(each.inputs),
        canonicalJson(each.rows),
      ]),
    ),
  });
}

async function openWork(deps: ActivityDeps, input: BatchInput): Promise<Work> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { fuzz } = spec.inputs;
  if (fuzz === undefined) {
    throw new AppError('internal', 'a job that looks for no inputs has no pass probe');
  }
  const { pass } = input;
  return { spec, fuzz, pass, functions: await readSearchItems(store, input, spec) };
}

/** A search that was lost may find something on another day: it is no result. */
const isLost = ({ payload }: ProbeRow): boolean =>
  'lost' in (JSON.parse(payload ?? '{}') as object);

/** Result keys of rows that other jobs may take over; null of all others. */
function keysOf({ spec, functions }: Work, rows: readonly ProbeRow[]): (string | null)[] {
  const keys = new Map(
    functions.map((each) => [each.functionId as string, searchKeyOf(spec, each)]),
  );
  return rows.map((row) =>
    row.unit === 'function' && !isLost(row) ? (keys.get(row.function_id) ?? null) : null,
  );
}

/** As many as take about a minute: what a lost worker costs. */
const PART_FUNCTIONS = 25;

interface Searching {
  readonly deps: ActivityDeps;
  readonly work: Work;
  readonly slot: SandboxSlot;
  readonly signal: AbortSignal;
  readonly beat: PartedBeat;
  /** Searches of other jobs. */
  readonly found: FoundSearches | null;
  /** How many of them were taken over. */
  readonly reuse: { count: number };
}

/** The rows of functions `start` to `end`, or as far as the worker gets before it drains. */
async function searchPart(
  { deps, work, slot, signal, beat, ...from }: Searching,
  { start, end }: PartRange,
): Promise<Part<ProbeRow>> {
  const { keep, llm } = work.spec.inputs;
  const { candidates, seed } = work.fuzz;
  const rows: ProbeRow[] = [];
  const context = { slot, signal, memoryBytes: work.spec.limits.memoryBytes, log: deps.log };
  const asks = work.pass === 'probe' && llm !== undefined;
  let done = start;
  for (const each of work.functions.slice(start, end)) {
    if (deps.drain.aborted) break;
    signal.throwIfAborted();
    const question = {
      function: each.function,
      inputs: each.inputs.map(({ input }) => input),
      rules: { keep, candidates, seed, mutants: 0 },
    };
    const wish = (answer: ProbeAnswer, kept: readonly InputPayload[]) =>
      asks ? wishOf(each, { answer, kept }, llm) : null;
    const found = (await from.found?.rowsOf(searchKeyOf(work.spec, each), each.functionId)) ?? null;
    if (found !== null) from.reuse.count += 1;
    const made = found ?? each.rows;
    rows.push(...(made ?? (await searchOne(context, { each, question, keep, wish }))));
    done += 1;
    beat.done = done;
  }
  return { start, end: done, rows };
}

/** Null where the worker drains before the last function. */
async function searchAll(
  given: Searching,
  parts: { readonly store: ObjectStore; readonly at: PartAddress },
): Promise<ProbeRow[] | null> {
  const { work, beat } = given;
  const rows: ProbeRow[] = [];
  const batch = { ...parts, table: PROBED, count: work.functions.length, size: PART_FUNCTIONS };
  const isDone = await inParts<ProbeRow>(
    { ...batch, beat },
    (range) => searchPart(given, range),
    (part) => rows.push(...part.rows),
  );
  return isDone ? rows : null;
}

async function searchOne(
  context: AskContext,
  on: {
    readonly each: SearchItem;
    readonly question: ProbeQuestion;
    readonly keep: number;
    readonly wish: NonNullable<RowsGiven['wish']>;
  },
): Promise<ProbeRow[]> {
  const { functionId, inputs, function: payload } = on.each;
  const isProgram = payload.kind === 'program';
  const probed: Probed = isProgram
    ? { kind: 'lost', how: 'program' }
    : await probeFunction(context, on.question);
  return probeRows(functionId, probed, { found: inputs, keep: on.keep, wish: on.wish });
}

/** Makes and seals the rows of one batch, or finds them sealed. Idempotent. */
export async function probeBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const beat = noParts();
  return await withHeartbeat(
    () => ({ v: 1, ...beat }),
    async (signal): Promise<BatchResult> => {
      const work = await openWork(deps, input);
      beat.total = work.functions.length;
      const contentKey = keyOf(input, work);
      const reuse = { count: 0 };
      const seal = { store, input, table: PROBED, contentKey };
      const result = await sealedBatch(seal, async () => {
        const pool = poolOf(deps);
        await requireEnvironment(pool, input.environment, signal);
        const at: PartAddress = { jobId: input.jobId, pass: work.pass, contentKey };
        const found = work.pass === 'probe' ? await findSearches(store, input) : null;
        const rows = await pool.use(
          (slot) => searchAll({ deps, work, slot, signal, beat, found, reuse }, { store, at }),
          signal,
        );
        if (rows === null) return null;
        const before = work.functions.reduce((sum, each) => sum + each.found, 0);
        const counts = probeCounts(rows, before);
        if (work.pass === 'probe') {
          // Before the object is sealed, so that no sealed object is without it.
          const space = searchSpaceOf(work.spec, input.environment);
          const object = sealedKey({ input, contentKey }, counts);
          await writeResultIndex(store, { space, contentKey }, { object, ids: keysOf(work, rows) });
        }
        return { rows, counts };
      });
      return reuse.count === 0
        ? result
        : { ...result, counts: { ...result.counts, functionsReused: reuse.count } };
    },
  );
}
