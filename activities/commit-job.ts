// The end of a job: the balance must hold, then the data card, then the manifest, whose existence makes the set whole.
import { hostname } from 'node:os';
import { balanceOf } from '../src/core/balance.ts';
import {
  environmentKey,
  revisionManifestKey,
  setManifestKey,
  setPrefix,
} from '../src/core/keys.ts';
import type { Counts, Equation } from '../src/contract/balance.ts';
import type { CommitInput, JobResult, LedgerPage } from '../src/contract/job.ts';
import { asId } from '../src/contract/ids.ts';
import type { Digest } from '../src/contract/ids.ts';
import type { ObjectEntry } from '../src/contract/row.ts';
import { AppError } from '../src/errors.ts';
import { sha256 } from '../src/identity/digest.ts';
import { dataCard } from '../src/store/data-card.ts';
import { jobCounts } from '../src/store/job-counts.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import { SET_FORMAT_VERSION, WRITERS, isSameData, readSetManifest } from '../src/store/manifest.ts';
import type { SetManifest } from '../src/store/manifest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { partFiles, readPublishPlan } from '../src/store/publish-plan.ts';
import type { PartFile } from '../src/store/publish-plan.ts';
import { rowsDigestNamed } from '../src/store/published-table.ts';
import { jsonBytes, readJson, sealObject } from '../src/store/seal.ts';
import { openStored } from '../src/store/stored-table.ts';
import { LEDGER, TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

const CARD = 'README.md';

function requireBalance(balance: readonly Equation[]): void {
  const broken = balance.filter((equation) => !equation.holds);
  if (broken.length === 0) return;
  const list = broken.map(
    ({ name, left, right }) => `${name}: ${String(left)} and ${String(right)}`,
  );
  throw new AppError('balance-broken', `counts of the job do not balance: ${list.join('; ')}`);
}

/** What the manifest says of a published file, from its ledger page and its own metadata. */
async function entryOf(store: ObjectStore, page: LedgerPage, file: PartFile): Promise<ObjectEntry> {
  const head = await store.head(page.key);
  if (head === null) {
    throw new AppError('object-missing', `object ${JSON.stringify(page.key)} is not there`, {
      context: { key: page.key },
    });
  }
  const rowsDigest =
    file.table === 'ledger'
      ? rowsDigestNamed(await openStored(store, LEDGER, page.key), page.key)
      : rowsDigestNamed(await openStored(store, TRACES, page.key), page.key);
  const digest = asId<Digest>(page.digest);
  return { key: file.file, bytes: head.bytes, rows: page.rows, digest, rowsDigest };
}

async function writeCard(
  store: ObjectStore,
  set: string,
  told: { readonly counts: Counts; readonly balance: readonly Equation[] },
): Promise<ObjectEntry> {
  const body = new TextEncoder().encode(dataCard(told.counts, told.balance));
  await sealObject(store, `${setPrefix(set)}${CARD}`, body);
  return { key: CARD, bytes: body.length, rows: 0, digest: sha256(body), rowsDigest: null };
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

/** Idempotent. Throws AppError `balance-broken` where a count is off, and then publishes nothing. */
export async function commitJob(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: CommitInput,
): Promise<JobResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const plan = await readPublishPlan(store, input);
  const files = partFiles(plan.parts);
  const pages = await readPages(store, input, { pass: 'publish', batchCount: files.length });
  const entries: ObjectEntry[] = [];
  let rowsPublished = 0;
  for (const [index, file] of files.entries()) {
    const page = pages[index];
    if (page === undefined) continue;
    entries.push(await entryOf(store, page, file));
    if (file.table !== 'ledger') rowsPublished += page.rows;
  }
  const counts = await jobCounts(store, input, {
    rowsPublished,
    synthesize: spec.inputs.fuzz !== undefined,
  });
  const balance = balanceOf(counts);
  requireBalance(balance);
  const card = await writeCard(store, plan.set, { counts, balance });
  const manifest: SetManifest = {
    v: SET_FORMAT_VERSION,
    set: plan.set,
    jobId: input.jobId,
    revision: input.revision,
    spec,
    plan: { digest: input.planDigest, batches: input.planBatchCount },
    counts,
    balance,
    objects: [card, ...entries],
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
    counts: { accepted, rejected, duplicateTraces, invocationsFaulted },
  };
}
