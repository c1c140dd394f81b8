// What a job publishes and from which sealed objects: made once per revision, read by every publish batch.
import type { PassName, StepInput } from '../contract/job.ts';
import { invariant } from '../core/assert.ts';
import { planKey, tableFile } from '../core/keys.ts';
import type { SetTable } from '../core/keys.ts';
import { LEDGER_ROWS_PER_PART, TRACE_ROWS_PER_PART, partCount } from '../core/part-count.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJson, sealObject } from './seal.ts';

export interface PublishPlan {
  readonly v: 1;
  /** Name and version. */
  readonly set: string;
  readonly parts: Readonly<Record<SetTable, number>>;
  /** Keys of the sealed objects by ingest batch. */
  readonly objects: Readonly<Record<'ingest' | 'trace' | 'refine', readonly string[]>> & {
    /** Only where inputs were looked for. */
    readonly probe?: readonly string[];
  };
}

/** Rows of each published table. */
export type TableRows = Readonly<Record<SetTable, number>>;

/** Part counts follow from row counts alone, so that the cut of the job shows nowhere. */
export function partsOf(rows: TableRows): PublishPlan['parts'] {
  return {
    traces: partCount(rows.traces, TRACE_ROWS_PER_PART),
    rejected: partCount(rows.rejected, TRACE_ROWS_PER_PART),
    ledger: partCount(rows.ledger, LEDGER_ROWS_PER_PART),
  };
}

export interface PartFile {
  readonly table: SetTable;
  readonly part: number;
  readonly parts: number;
  /** Relative to the set. */
  readonly file: string;
}

const TABLES: readonly SetTable[] = ['traces', 'rejected', 'ledger'];
/** The only split until splits are built. */
export const SPLIT = 'train';

/** All files of a set in the order in which the publish batches make them. */
export function partFiles(parts: PublishPlan['parts']): readonly PartFile[] {
  return TABLES.flatMap((table) =>
    Array.from({ length: parts[table] }, (_, part) => ({
      table,
      part,
      parts: parts[table],
      file: tableFile(table, SPLIT, { part, parts: parts[table] }),
    })),
  );
}

/** Another revision may publish other rows, so the plan is named after it. */
function keyOf(at: StepInput): string {
  const pass: PassName = 'publish';
  return planKey(at.jobId, pass, `${at.planDigest}-${String(at.revision)}`);
}

/** Throws AppError `shard-conflict` where the same revision planned something else before. */
export async function writePublishPlan(
  store: ObjectStore,
  at: StepInput,
  plan: PublishPlan,
): Promise<void> {
  await sealObject(store, keyOf(at), jsonBytes(plan));
}

/** Throws AppError `object-missing` before planPublish has run. */
export async function readPublishPlan(store: ObjectStore, at: StepInput): Promise<PublishPlan> {
  const plan = (await readJson(store, keyOf(at))) as PublishPlan;
  invariant(Array.isArray(plan.objects.trace), 'a publish plan is ours');
  return plan;
}
