// The passes probe and reprobe: the kept functions of a batch with the inputs that were found; in a sandbox more are looked
// for, and those are kept that cover the most. One sealed object says what became of each. reprobe does it once more for
// the functions that a language model wrote inputs for, and takes the rest over.
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult, PassName } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow } from '../src/contract/sealed-rows.ts';
import type { FuzzSpec, ResolvedSpec } from '../src/contract/spec.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, contentKeyOf, digestOf } from '../src/identity/digest.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import type { ProbeAnswer, ProbeQuestion } from '../src/schema/probe.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { PROBED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { probeFunction } from './probe-function.ts';
import type { ProbeContext, Probed } from './probe-function.ts';
import { probeCounts, probeRows } from './probe-rows.ts';
import type { RowsGiven } from './probe-rows.ts';
import { wishOf } from './prompt-rows.ts';
import { readSearchItems } from './search-items.ts';
import type { SearchItem } from './search-items.ts';

/** Rises with every change of what the search finds for the same function, inputs and rules. */
const PASS_VERSION = 2;

interface Work {
  readonly spec: ResolvedSpec;
  readonly fuzz: FuzzSpec;
  readonly pass: PassName;
  readonly functions: readonly SearchItem[];
}

function keyOf(input: BatchInput, { spec, fuzz, pass, functions }: Work) {
  const { keep, llm } = spec.inputs;
  return contentKeyOf({
    pass,
    passVersion: PASS_VERSION,
    specPart: { keep, fuzz, memoryBytes: spec.limits.memoryBytes, llm },
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

interface Beat {
  done: number;
  total: number;
}

/** Null where the worker drains before the last function. */
async function searchAll(
  deps: ActivityDeps,
  work: Work,
  at: { readonly slot: SandboxSlot; readonly signal: AbortSignal; readonly beat: Beat },
): Promise<ProbeRow[] | null> {
  const { keep, llm } = work.spec.inputs;
  const { candidates, seed } = work.fuzz;
  const rows: ProbeRow[] = [];
  const context = { ...at, memoryBytes: work.spec.limits.memoryBytes, log: deps.log };
  const asks = work.pass === 'probe' && llm !== undefined;
  for (const each of work.functions) {
    if (deps.drain.aborted) return null;
    at.signal.throwIfAborted();
    const question = {
      function: each.function,
      inputs: each.inputs.map(({ input }) => input),
      rules: { keep, candidates, seed, mutants: 0 },
    };
    const wish = (answer: ProbeAnswer, kept: readonly InputPayload[]) =>
      asks ? wishOf(each, { answer, kept }, llm) : null;
    rows.push(...(each.rows ?? (await searchOne(context, { each, question, keep, wish }))));
    at.beat.done += 1;
  }
  return rows;
}

async function searchOne(
  context: ProbeContext,
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
  const beat: Beat = { done: 0, total: 0 };
  return await withHeartbeat(
    () => ({ v: 1, ...beat, durable: 0 }),
    async (signal): Promise<BatchResult> => {
      const work = await openWork(deps, input);
      beat.total = work.functions.length;
      const contentKey = keyOf(input, work);
      return await sealedBatch({ store, input, table: PROBED, contentKey }, async () => {
        const pool = poolOf(deps);
        await requireEnvironment(pool, input.environment, signal);
        const rows = await pool.use(
          (slot) => searchAll(deps, work, { slot, signal, beat }),
          signal,
        );
        if (rows === null) return null;
        const found = work.functions.reduce((sum, each) => sum + each.found, 0);
        return { rows, counts: probeCounts(rows, found) };
      });
    },
  );
}
