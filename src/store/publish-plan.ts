// What a job publishes and how that is cut: made once per revision, read by every gather and publish batch.
import type { PassName, StepInput } from '../contract/job.ts';
import { planKey, tableFile } from '../core/keys.ts';
import type { SetTable } from '../core/keys.ts';
import {
  LEDGER_ROWS_PER_PART,
  TRACE_BYTES_PER_PART,
  TRACE_ROWS_PER_PART,
  partCount,
} from '../core/part-count.ts';
import { SET_TABLES } from '../core/publish-cut.ts';
import type { SearchPass } from '../core/plan.ts';
import type { Gathering } from '../core/publish-cut.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJson, sealObject } from './seal.ts';

export interface PublishPlan {
  readonly v: 3;
  /** Name and version. */
  readonly set: string;
  readonly parts: Readonly<Record<SetTable, number>>;
  /** The pass that decided which inputs are kept, after unique; null where unique did. */
  readonly searchPass: SearchPass | null;
  /** Null where files are made from the objects of the batches. */
  readonly gathering: Gathering | null;
  /** True where each file of traces has one of training texts. */
  readonly text?: boolean;
}

/** Rows of each published table, and the bytes of their texts; the ledger is cut by its rows. */
export interface TableSizes {
  readonly rows: Readonly<Record<SetTable, number>>;
  readonly bytes: Readonly<Record<'traces' | 'rejected', number>>;
}

/** Part counts follow from rows and their texts alone, so that the cut of the job shows nowhere. */
export function partsOf({ rows, bytes }: TableSizes): PublishPlan['parts'] {
  const ofRows = (table: 'traces' | 'rejected'): number =>
    Math.max(
      partCount(rows[table], TRACE_ROWS_PER_PART),
      partCount(bytes[table], TRACE_BYTES_PER_PART),
    );
  return {
    traces: ofRows('traces'),
    rejected: ofRows('rejected'),
    ledger: partCount(rows.ledger, LEDGER_ROWS_PER_PART),
  };
}

/** The only split until splits are built. */
export const SPLIT = 'train';

/** Relative to the set. */
export function fileOf(parts: PublishPlan['parts'], table: SetTable, part: number): string {
  return tableFile(table, SPLIT, { part, parts: parts[table] });
}

/** The texts of the traces of the file with the same number. */
export function textFileOf({ traces: parts }: PublishPlan['parts'], part: number): string {
  return tableFile('text', SPLIT, { part, parts });
}

/** All files of a set but its documents. */
export function filesOf({ parts, text }: Pick<PublishPlan, 'parts' | 'text'>): readonly string[] {
  const files = SET_TABLES.flatMap((table) =>
    Array.from({ length: parts[table] }, (_, part) => fileOf(parts, table, part)),
  );
  const texts = Array.from({ length: parts.traces }, (_, part) => textFileOf(parts, part));
  return text === true ? [...files, ...texts] : files;
}

/** Another revision may publish other rows, so the plan is named after it. */
function keyOf(at: StepInput): string {
  const pass: PassName = 'publish';
  return planKey(at.jobId, pass, `${at.planDigest}-${String(at.revision)}-3`);
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
  const key = keyOf(at);
  const plan = (await readJson(store, key)) as Partial<PublishPlan> | null;
  if (plan?.v === 3) return plan as PublishPlan;
  throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not a publish plan`, {
    context: { key },
  });
}
