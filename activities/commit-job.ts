// The end of a job: the balance must hold, then the data card, then the manifest, whose existence makes the set whole.
import { hostname } from 'node:os';
import { balanceOf } from '../src/core/balance.ts';
import {
  environmentKey,
  revisionManifestKey,
  setManifestKey,
  setPrefix,
} from '../src/core/keys.ts';
import type { Equation } from '../src/contract/balance.ts';
import type { CommitInput, JobResult, LedgerPage } from '../src/contract/job.ts';
import type { ObjectEntry } from '../src/contract/row.ts';
import type { SetTable } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import { mergeStatistics } from '../src/core/set-statistics.ts';
import type { SetStatistics } from '../src/core/set-statistics.ts';
import { ExampleDraw } from '../src/store/card/examples.ts';
import type { ReasonExample } from '../src/store/card/examples.ts';
import { writeDocuments } from '../src/store/card/set-documents.ts';
import { jobCounts } from '../src/store/job-counts.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import { SET_FORMAT_VERSION, WRITERS, isSameData, readSetManifest } from '../src/store/manifest.ts';
import type { SetManifest } from '../src/store/manifest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readSplitFacts } from '../src/store/placements.ts';
import { filesOf, readPublishPlan, shelvesOf, traceFiles } from '../src/store/publish-plan.ts';
import type { PublishPlan } from '../src/store/publish-plan.ts';
import { jsonBytes, readJson } from '../src/store/seal.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { readTextPages, textFacts } from '../src/store/text-facts.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

function requireBalance(balance: readonly Equation[]): void {
  const broken = balance.filter((equation) => !equation.holds);
  if (broken.length === 0) return;
  const list = broken.map(
    ({ name, left, right }) => `${name}: ${String(left)} and ${String(right)}`,
  );
  throw new AppError('balance-broken', `counts of the job do not balance: ${list.join('; ')}`);
}

/** What the manifest says of each published file, as the publish batches wrote it down. */
function publishedEntries(pages: readonly LedgerPage[], plan: PublishPlan): ObjectEntry[] {
  const entries = new Map(
    pages.flatMap(({ files }) => files ?? []).map((file) => [file.key, file]),
  );
  return filesOf(plan).map((file) => {
    const entry = entries.get(file);
    if (entry !== undefined) return entry;
    throw new AppError('object-missing', `no publish batch wrote ${JSON.stringify(file)}`, {
      context: { file },
    });
  });
}

/** Throws AppError `object-missing` and `object-damaged` where the folder does not hold what was written. */
async function requireThere(
  store: ObjectStore,
  set: string,
  entries: readonly ObjectEntry[],
): Promise<void> {
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of store.list(setPrefix(set))) sizes.set(key, bytes);
  for (const entry of entries) {
    const key = `${setPrefix(set)}${entry.key}`;
    const bytes = sizes.get(key);
    if (bytes === entry.bytes) continue;
    throw new AppError(
      bytes === undefined ? 'object-missing' : 'object-damaged',
      `object ${JSON.stringify(key)} is not as it was published`,
      { context: { key } },
    );
  }
}

/** What the publish batches noted of their rows, put together. */
function cardOf(pages: readonly LedgerPage[]) {
  const draw = new ExampleDraw();
  const traces: SetStatistics[] = [];
  for (const { key, card } of pages) {
    if (card === undefined) {
      throw new AppError(
        'object-missing',
        'a publish batch was written by an older version of the program, which noted less; launch the job again',
        { context: { key } },
      );
    }
    // The shapes are those that publishPart of the same version wrote.
    if (key.includes('/traces/')) traces.push(card.statistics as SetStatistics);
    for (const example of card.examples as readonly ReasonExample[]) draw.addExample(example);
  }
  return { statistics: mergeStatistics(traces), examples: draw.finish() };
}

/** The manifest of this revision: the one that an earlier attempt wrote, or this one. */
async function writeRevision(
  store: ObjectStore,
  input: CommitInput,
  manifest: SetManifest,
): Promise<Uint8Array> {
  const key = revisionManifestKey(input.jobId, input.revision);
  const body = jsonBytes(manifest);
  const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
  return put.kind === 'created' ? body : await store.get(key);
}

async function writeSetManifest(
  store: ObjectStore,
  manifest: SetManifest,
  body: Uint8Array,
): Promise<void> {
  const key = setManifestKey(manifest.set);
  const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
  if (put.kind === 'present') await requireOwnSet(store, manifest);
}

/** Throws AppError `set-exists` where the version was published with other data. */
async function requireOwnSet(store: ObjectStore, manifest: SetManifest): Promise<void> {
  const there = await readSetManifest(store, manifest.set);
  if (isSameData(there, manifest)) return;
  throw new AppError(
    'set-exists',
    `set ${JSON.stringify(manifest.set)} was published with other data by job ` +
      `${there.jobId.slice(0, 12)}; name another version under output.set of the spec`,
    { context: { set: manifest.set } },
  );
}

const rowsOf = (entries: readonly ObjectEntry[], table: SetTable): number =>
  entries.filter(({ key }) => key.startsWith(`${table}/`)).reduce((sum, { rows }) => sum + rows, 0);

const rowFilesOf = (plan: PublishPlan): number =>
  shelvesOf(plan).reduce((sum, { table, files }) => sum + (table === 'ledger' ? 0 : files), 0);

/** Idempotent. Throws AppError `balance-broken` where a count is off, and then publishes nothing. */
export async function commitJob(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: CommitInput,
): Promise<JobResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const plan = await readPublishPlan(store, input);
  const { publishBatchCount: batchCount } = input;
  const pages = await readPages(store, input, { pass: 'publish', batchCount });
  const textPages = spec.render && (await readTextPages(store, input, traceFiles(plan).length));
  const entries = publishedEntries([...pages, ...(textPages?.written ?? [])], plan);
  await requireThere(store, plan.set, entries);
  const rowsPublished = rowsOf(entries, 'traces') + rowsOf(entries, 'rejected');
  const { counts } = await jobCounts(store, input, {
    rowsPublished,
    searchPass: plan.searchPass,
  });
  const balance = balanceOf(counts);
  const text =
    textPages && textFacts(textPages, { formats: spec.render ?? [], accepted: counts.accepted });
  requireBalance([...balance, ...(text?.balance ?? [])]);
  const policy = await readPolicy(store, input.jobId, spec.policy);
  const splits = spec.split === undefined ? null : await readSplitFacts(store, input);
  const told = { counts, balance, spec, policy, splits, entries, ...cardOf(pages) };
  const documents = await writeDocuments(store, plan.set, told);
  const manifest: SetManifest = {
    v: SET_FORMAT_VERSION,
    set: plan.set,
    jobId: input.jobId,
    revision: input.revision,
    spec,
    plan: { digest: input.planDigest, batches: input.planBatchCount },
    counts,
    balance,
    ...(text === undefined ? {} : { text }),
    ...(splits === null ? {} : { splits }),
    objects: [...documents, ...entries],
    environment: await readJson(store, environmentKey(input.jobId, input.environment)),
    writers: WRITERS,
    startedAtMs: input.startedAtMs,
    publishedAtMs: Date.now(),
    host: hostname(),
  };
  // A revision's manifest says that the job is published: it is not written for a set that is somebody else's.
  if ((await store.head(setManifestKey(plan.set))) !== null) await requireOwnSet(store, manifest);
  await writeSetManifest(store, manifest, await writeRevision(store, input, manifest));
  const { accepted, rejected, duplicateTraces, invocationsFaulted } = counts;
  return {
    v: 1,
    revision: input.revision,
    manifestKey: setManifestKey(plan.set),
    ...(spec.confirm.replayWithReference === undefined ? {} : { rowFiles: rowFilesOf(plan) }),
    counts: { accepted, rejected, duplicateTraces, invocationsFaulted },
  };
}
