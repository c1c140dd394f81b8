// The counts of a job from the ledger pages of its passes and its plan: independent of the published files, which verify
// counts again.
import type { Counts } from '../contract/balance.ts';
import type { BatchCounts, LedgerPage, StepInput } from '../contract/job.ts';
import { OUTCOMES } from '../contract/outcome.ts';
import type { CorpusPlan } from '../contract/plan.ts';
import { planKey } from '../core/keys.ts';
import type { SearchPass } from '../core/plan.ts';
import { readPage, readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { readJson } from './seal.ts';

function sum(pages: readonly LedgerPage[]): BatchCounts {
  const total: Record<string, number> = {};
  for (const { counts } of pages) {
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
}

/** Counts whose name begins so, by the rest of the name, in code-unit order. */
function named(prefix: string, ...totals: readonly BatchCounts[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, count] of totals.flatMap((total) => Object.entries(total))) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    found[rest] = (found[rest] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function recordsPlanned(store: ObjectStore, at: StepInput): Promise<number> {
  const key = planKey(at.jobId, 'ingest', at.planDigest);
  const plan = (await readJson(store, key)) as CorpusPlan;
  return plan.batches.reduce((total, batch) => total + batch.records, 0);
}

export interface JobFacts {
  /** What the publish batches wrote, or null before they have: then what they have to write. */
  readonly rowsPublished: number | null;
  /** The pass that decided which inputs are kept, after unique; null where unique did. */
  readonly searchPass: SearchPass | null;
}

export interface JobCounts {
  readonly counts: Counts;
  /** Of the rows that are published, as textBytes of src/store/parquet.ts counts them. */
  readonly textBytes: Readonly<Record<'traces' | 'rejected', number>>;
}

export async function jobCounts(
  store: ObjectStore,
  at: StepInput,
  { rowsPublished, searchPass }: JobFacts,
): Promise<JobCounts> {
  const unique = (await readPage(store, at, { pass: 'unique', batchIndex: 0 })).counts;
  const batchCount = at.planBatchCount;
  const traced = await readPages(store, at, { pass: 'trace', batchCount });
  const refined = sum(await readPages(store, at, { pass: 'refine', batchCount }));
  const searched =
    searchPass === null ? [] : await readPages(store, at, { pass: searchPass, batchCount });
  const probed = sum(searched);
  // Where inputs were looked for, that pass says what is kept; unique then only drops.
  const decided = searchPass === null ? unique : probed;
  const of = (counts: BatchCounts, name: string): number => counts[name] ?? 0;
  const byOutcome = named('outcome.', refined);
  const accepted = of(refined, 'accepted');
  const rejected = of(refined, 'rejected');
  const counts: Counts = {
    recordsRead: await recordsPlanned(store, at),
    recordsParsed: of(unique, 'recordsParsed'),
    recordsRejected: of(unique, 'recordsRejected'),
    functionsFound: of(unique, 'functionsFound'),
    functionsKept: of(unique, 'functionsKept'),
    functionsDuplicate: of(unique, 'functionsDuplicate'),
    functionsContaminated: of(unique, 'functionsContaminated'),
    functionsRejected: of(unique, 'functionsRejected'),
    functionsWithInputs: of(decided, 'functionsWithInputs'),
    functionsWithoutInputs: of(decided, 'functionsWithoutInputs'),
    inputsFound: of(unique, 'inputsFound') + of(probed, 'inputsAdded'),
    inputsKept: of(decided, 'inputsKept'),
    inputsDropped: of(unique, 'inputsDropped') + of(probed, 'inputsDropped'),
    invocationsPlanned: traced.reduce((total, page) => total + page.rows, 0),
    invocationsFaulted: of(refined, 'invocationsFaulted'),
    outcomes: OUTCOMES.reduce((total, outcome) => total + (byOutcome[outcome] ?? 0), 0),
    accepted,
    rejected,
    duplicateTraces: of(refined, 'duplicateTraces'),
    rowsPublished: rowsPublished ?? accepted + rejected,
    byOutcome,
    byReason: named('reason.', unique, probed, refined),
  };
  const textBytes = {
    traces: of(refined, 'acceptedBytes'),
    rejected: of(refined, 'rejectedBytes'),
  };
  return { counts, textBytes };
}

/** Rows of the ledger table: one for each record, function, input and invocation. */
export function ledgerRowCount(counts: Counts): number {
  return (
    counts.recordsParsed +
    counts.recordsRejected +
    counts.functionsFound +
    counts.inputsFound +
    counts.invocationsPlanned
  );
}
