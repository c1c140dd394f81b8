// What a job publishes and how that is cut: made once per revision, read by every gather and publish batch.
import type { PassName, StepInput } from '../contract/job.ts';
import { SPLITS } from '../contract/split.ts';
import type { Split } from '../contract/split.ts';
import { invariant } from '../core/assert.ts';
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
import type { Gathering, Shelf } from '../core/publish-cut.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJson, sealObject } from './seal.ts';

export interface PublishPlan {
  readonly v: 3;
  /** Name and version. */
  readonly set: string;
  /** Files of each table; where functions are split, of train. */
  readonly parts: Readonly<Record<SetTable, number>>;
  /** True where rows hold what the pass place sealed. */
  readonly placed?: true;
  /** Files of the other splits that have functions; absent where functions are not split. */
  readonly heldOut?: readonly {
    readonly split: Split;
    readonly traces: number;
    readonly rejected: number;
  }[];
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

/**
 * The cut of a set whose functions are split: each split has files for its share of the functions. Splits without functions
 * have none, but for train.
 */
export function cutOf(
  sizes: TableSizes,
  functions: Readonly<Record<Split, number>> | null,
): Pick<PublishPlan, 'parts' | 'heldOut'> {
  if (functions === null) return { parts: partsOf(sizes) };
  const all = SPLITS.reduce((sum, split) => sum + functions[split], 0);
  const partsOfShare = (count: number): PublishPlan['parts'] => {
    const share = count / Math.max(all, 1);
    const { rows, bytes } = sizes;
    return partsOf({
      rows: { ...rows, traces: rows.traces * share, rejected: rows.rejected * share },
      bytes: { traces: bytes.traces * share, rejected: bytes.rejected * share },
    });
  };
  const heldOut = SPLITS.filter((split) => split !== 'train' && functions[split] > 0).map(
    (split) => {
      const { traces, rejected } = partsOfShare(functions[split]);
      return { split, traces, rejected };
    },
  );
  return { parts: partsOfShare(functions.train), heldOut };
}

/** Tables in their order, of each its splits. The ledger, which has records too, is not split. */
export function shelvesOf({ parts, heldOut }: Pick<PublishPlan, 'parts' | 'heldOut'>): Shelf[] {
  return SET_TABLES.flatMap((table): Shelf[] => [
    { table, split: 'train', files: parts[table] },
    ...(table === 'ledger' ? [] : (heldOut ?? [])).map((other) => ({
      ...{ table, split: other.split },
      files: table === 'traces' ? other.traces : other.rejected,
    })),
  ]);
}

/** Throws AppError `internal` where the plan has no such shelf. */
export function shelfOf(
  plan: Pick<PublishPlan, 'parts' | 'heldOut'>,
  at: Pick<Shelf, 'table' | 'split'>,
): Shelf {
  const shelf = shelvesOf(plan).find(
    ({ table, split }) => table === at.table && split === at.split,
  );
  invariant(shelf !== undefined, 'each split with functions has files');
  return shelf;
}

/** Relative to the set. */
export function fileOf({ table, split, files }: Shelf, part: number): string {
  return tableFile(table, split, { part, parts: files });
}

const partsIn = (shelf: Shelf) =>
  Array.from({ length: shelf.files }, (_, part) => ({ shelf, part }));

/** The files of traces, split by split: those that the passes for texts number. */
export function traceFiles(plan: Pick<PublishPlan, 'parts' | 'heldOut'>): {
  readonly shelf: Shelf;
  readonly part: number;
}[] {
  return shelvesOf(plan)
    .filter(({ table }) => table === 'traces')
    .flatMap(partsIn);
}

/** The file of traces with this number. */
export function traceFileAt(
  plan: Pick<PublishPlan, 'parts' | 'heldOut'>,
  index: number,
): { readonly shelf: Shelf; readonly part: number } {
  const file = traceFiles(plan)[index];
  invariant(file !== undefined, 'a batch of texts has a file of traces');
  return file;
}

/** The texts of the traces of the file with the same number. */
export function textFileOf(plan: Pick<PublishPlan, 'parts' | 'heldOut'>, index: number): string {
  const { shelf, part } = traceFileAt(plan, index);
  return tableFile('text', shelf.split, { part, parts: shelf.files });
}

/** All files of a set but its documents. */
export function filesOf(plan: Pick<PublishPlan, 'parts' | 'heldOut' | 'text'>): readonly string[] {
  const files = shelvesOf(plan)
    .flatMap(partsIn)
    .map(({ shelf, part }) => fileOf(shelf, part));
  const texts = traceFiles(plan).map((_, index) => textFileOf(plan, index));
  return plan.text === true ? [...files, ...texts] : files;
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
