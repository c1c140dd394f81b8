// Before the pass publish: is there enough, is the name free, and into how many files do the rows go.
import type { Counts } from '../src/contract/balance.ts';
import type { PlanSummary, StepInput } from '../src/contract/job.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { setPrefix } from '../src/core/keys.ts';
import { isPlaced, searchPassOf } from '../src/core/plan.ts';
import { gatheringOf, publishBatches } from '../src/core/publish-cut.ts';
import { AppError } from '../src/errors.ts';
import { SET_DOCUMENTS } from '../src/store/card/set-documents.ts';
import { jobCounts, ledgerRowCount } from '../src/store/job-counts.ts';
import { findSetManifest } from '../src/store/manifest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readSplitFacts } from '../src/store/placements.ts';
import {
  cutOf,
  filesOf,
  shelvesOf,
  traceFiles,
  writePublishPlan,
} from '../src/store/publish-plan.ts';
import type { PublishPlan } from '../src/store/publish-plan.ts';
import { claimSet, isClaimed } from '../src/store/set-claim.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** What committing writes beside the tables. */
const DOCUMENTS: ReadonlySet<string> = new Set([...SET_DOCUMENTS, 'manifest.json']);

/** Whether this job has published it. */
async function requireFreeSet(store: ObjectStore, at: StepInput, set: string): Promise<boolean> {
  const manifest = await findSetManifest(store, set);
  if (manifest === null) return false;
  if (manifest.jobId === at.jobId) return true;
  throw new AppError(
    'set-exists',
    `set ${JSON.stringify(set)} is published already by job ${manifest.jobId.slice(0, 12)}; ` +
      'name another version under output.set of the spec',
    { context: { set } },
  );
}

/** Files that the set will not name would make it fail verify. */
async function requireCleanFolder(
  store: ObjectStore,
  set: string,
  planned: ReadonlySet<string>,
): Promise<void> {
  const prefix = setPrefix(set);
  for await (const { key } of store.list(prefix)) {
    const file = key.slice(prefix.length);
    if (planned.has(file) || DOCUMENTS.has(file)) continue;
    throw new AppError(
      'set-exists',
      `folder ${JSON.stringify(prefix)} holds ${JSON.stringify(file)}, which no job claims; ` +
        'delete the folder, or name another version under output.set of the spec',
      { context: { set, key } },
    );
  }
}

function requireEnough(counts: Counts, { acceptedMin, faultsMax }: ResolvedSpec['require']): void {
  const planned = counts.invocationsPlanned;
  const percent = (part: number): string => `${((100 * part) / Math.max(planned, 1)).toFixed(2)}%`;
  // Of no invocation at all, no share was accepted.
  if (acceptedMin !== null && counts.accepted < acceptedMin * Math.max(planned, 1)) {
    throw new AppError(
      'require-not-met',
      `${percent(counts.accepted)} of ${String(planned)} invocations were accepted; ` +
        `the spec requires ${(100 * acceptedMin).toFixed(2)}%`,
    );
  }
  if (faultsMax !== null && counts.invocationsFaulted > faultsMax * planned) {
    throw new AppError(
      'require-not-met',
      `${percent(counts.invocationsFaulted)} of ${String(planned)} invocations faulted; ` +
        `the spec allows ${(100 * faultsMax).toFixed(2)}%`,
    );
  }
}

/** Throws AppError `set-exists` and `require-not-met` before anything of the set is written. */
export async function planPublish(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: StepInput,
): Promise<PlanSummary> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { set } = spec.output;
  const isPublished = await requireFreeSet(store, input, set);
  const searchPass = searchPassOf(spec.inputs);
  const { counts, textBytes } = await jobCounts(store, input, { rowsPublished: null, searchPass });
  requireEnough(counts, spec.require);
  const { accepted: traces, rejected } = counts;
  const sizes = { rows: { traces, rejected, ledger: ledgerRowCount(counts) }, bytes: textBytes };
  const split = spec.split === undefined ? null : await readSplitFacts(store, input);
  const plan: PublishPlan = {
    v: 3,
    set,
    ...(isPlaced(spec) ? { placed: true } : {}),
    ...cutOf(sizes, split?.functions ?? null),
    searchPass,
    gathering: gatheringOf(input.planBatchCount),
    ...(spec.render === undefined ? {} : { text: true }),
  };
  if (!isPublished) {
    // What lies in a folder that nobody claimed is not ours to remove.
    if (!(await isClaimed(store, set))) {
      await requireCleanFolder(store, set, new Set(filesOf(plan)));
    }
    await claimSet(store, set, input);
  }
  await writePublishPlan(store, input, plan);
  return {
    v: 1,
    batchCount: publishBatches(shelvesOf(plan), plan.gathering).length,
    gatherCount: plan.gathering?.groups ?? 0,
    ...(plan.text === true ? { textCount: traceFiles(plan).length } : {}),
    planDigest: input.planDigest,
  };
}
