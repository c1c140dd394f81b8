// The pass probe: the kept functions of a batch with the inputs that were found; in a sandbox more are looked for, and
// those are kept that cover the most. One sealed object says what became of each.
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { ProbeRow } from '../src/contract/sealed-rows.ts';
import type { FuzzSpec, ResolvedSpec } from '../src/contract/spec.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, contentKeyOf, digestOf } from '../src/identity/digest.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { PROBED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { readFoundFunctions } from './found-functions.ts';
import type { FoundFunction } from './found-functions.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { probeFunction } from './probe-function.ts';
import { probeCounts, probeRows } from './probe-rows.ts';

/** Rises with every change of what the search finds for the same function, inputs and rules. */
const PASS_VERSION = 1;

interface Work {
  readonly spec: ResolvedSpec;
  readonly fuzz: FuzzSpec;
  readonly functions: readonly FoundFunction[];
}

function keyOf(input: BatchInput, { spec, fuzz, functions }: Work) {
  return contentKeyOf({
    pass: 'probe',
    passVersion: PASS_VERSION,
    specPart: { keep: spec.inputs.keep, fuzz, memoryBytes: spec.limits.memoryBytes },
    // A batch ran under the environment of its job, or it did not run.
    environment: input.environment as EnvironmentId,
    inputDigests: functions.map((each) =>
      digestOf('probe-items', [
        each.functionId,
        canonicalJson(each.function),
        ...each.found.flatMap(({ inputId, input: payload }) => [inputId, canonicalJson(payload)]),
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
  return { spec, fuzz, functions: await readFoundFunctions(store, input) };
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
  const { keep } = work.spec.inputs;
  const { candidates, seed } = work.fuzz;
  const rows: ProbeRow[] = [];
  const context = { ...at, memoryBytes: work.spec.limits.memoryBytes, log: deps.log };
  for (const each of work.functions) {
    if (deps.drain.aborted) return null;
    at.signal.throwIfAborted();
    const isProgram = each.function.kind === 'program';
    const probed = isProgram
      ? ({ kind: 'lost', how: 'program' } as const)
      : await probeFunction(context, {
          function: each.function,
          inputs: each.found.map(({ input }) => input),
          rules: { keep, candidates, seed, mutants: 0 },
        });
    rows.push(...probeRows(each.functionId, probed, { found: each.found, keep }));
    at.beat.done += 1;
  }
  return rows;
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
        const found = work.functions.reduce((sum, each) => sum + each.found.length, 0);
        return { rows, counts: probeCounts(rows, found) };
      });
    },
  );
}
