// The rows of the ledger: what became of every record, function, input and invocation, in the order of anchors. The
// anchor of a record is the digest of its label; of anything else, its functionId.
import type { LedgerRow } from '../contract/row.ts';
import type { IngestRow, ProbeRow, RefineRow, UniqueRow } from '../contract/sealed-rows.ts';
import { isInRange } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import { sha256 } from '../identity/digest.ts';
import { decisionsOfBatch } from './decisions.ts';
import type { Decisions } from './decisions.ts';
import type { ObjectStore } from './object-store.ts';
import { refineSlice } from './published-rows.ts';
import { openStored } from './stored-table.ts';
import { INGEST, PROBED, compareText } from './tables.ts';

/** Where a ledger row is sorted: by anchor, then unit, then canonical order. */
export interface Anchored {
  readonly anchor: string;
  readonly rank: 0 | 1 | 2 | 3;
  readonly row: LedgerRow;
}

export function recordAnchor(label: string): string {
  return sha256(label);
}

export function inputLedgerId(functionId: string, inputId: string): string {
  return `${functionId}/${inputId}`;
}

type RecordColumns = Pick<IngestRow, 'unit' | 'id' | 'outcome' | 'reasons'>;

const NOWHERE = { verdict: null, keeper_id: null, file: null, row: null, origin: null } as const;

function recordRow({ id, outcome, reasons }: RecordColumns): LedgerRow {
  return { unit: 'record', id, parent_id: null, stage: 'ingest', outcome, reasons, ...NOWHERE };
}

function decidedRow(decision: UniqueRow): LedgerRow {
  const { unit, parent_id, reasons, keeper_id, origin } = decision;
  const kept = decision.decision === 'kept';
  const rejected = !kept && keeper_id === null && !isDroppedByUnique(reasons);
  return {
    ...NOWHERE,
    unit,
    id: unit === 'input' ? inputLedgerId(parent_id, decision.id) : decision.id,
    parent_id,
    stage: rejected ? 'ingest' : 'unique',
    outcome: kept ? 'kept' : 'dropped',
    reasons,
    keeper_id:
      unit === 'input' && keeper_id !== null ? inputLedgerId(parent_id, keeper_id) : keeper_id,
    origin,
  };
}

function probedRow(probed: ProbeRow, label: string | null): LedgerRow {
  const { unit, id, function_id, decision, reasons, origin } = probed;
  const isInput = unit === 'input';
  return {
    ...NOWHERE,
    unit,
    id: isInput ? inputLedgerId(function_id, id) : id,
    parent_id: isInput ? function_id : label,
    stage: 'synthesize',
    outcome: decision,
    reasons,
    origin,
  };
}

function isDroppedByUnique(reasons: readonly string[]): boolean {
  return reasons.includes('over-keep') || reasons.includes('function-dropped');
}

function invocationRow(refined: RefineRow): LedgerRow {
  const { id, function_id, input_id, outcome, fault_code, verdict, reasons, keeper_id } = refined;
  return {
    ...NOWHERE,
    unit: 'invocation',
    id,
    parent_id: inputLedgerId(function_id, input_id),
    stage: verdict === null ? 'trace' : verdict === 'duplicate' ? 'refine' : 'publish',
    outcome,
    verdict,
    reasons: fault_code === null ? reasons : [fault_code],
    keeper_id,
  };
}

/** Between ledger rows of two anchors, then of one anchor: record, function, inputs, invocations. */
export function byAnchor(a: Anchored, b: Anchored): number {
  return compareText(a.anchor, b.anchor) || a.rank - b.rank;
}

const RANK = { record: 0, function: 1, input: 2, invocation: 3 } as const;

/** A ledger row with the anchor that its own ids tell. */
export function anchoredRow(row: LedgerRow): Anchored {
  return { anchor: anchorOf(row), rank: RANK[row.unit], row };
}

/** The function that a row is about, or the anchor of a record. */
export function anchorOf({ unit, id, parent_id }: LedgerRow): string {
  switch (unit) {
    case 'record':
      return recordAnchor(id);
    case 'function':
      return id;
    case 'input':
      return parent_id ?? '';
    case 'invocation':
      return (parent_id ?? '').split('/')[0] ?? '';
  }
}

/** Keys of the sealed objects of one batch. */
export interface LedgerObjects {
  readonly batchIndex: number;
  readonly ingest: string;
  /** Null where inputs were not looked for. */
  readonly probe: string | null;
  readonly refine: string;
}

async function recordsOf(store: ObjectStore, key: string, ids: IdRange): Promise<LedgerRow[]> {
  const ingest = await openStored(store, INGEST, key);
  const rows = await ingest.readColumns(['unit', 'id', 'outcome', 'reasons']);
  return rows
    .filter(({ unit, id }) => unit === 'record' && isInRange(recordAnchor(id), ids))
    .map(recordRow);
}

/** Where inputs were looked for, that pass has the last word on what unique kept, and on the inputs that it found itself. */
async function decidedRows(
  store: ObjectStore,
  of: LedgerObjects & { readonly decisions: Decisions },
): Promise<LedgerRow[]> {
  const decided = await decisionsOfBatch(of.decisions, of.batchIndex);
  if (of.probe === null) return decided.map(decidedRow);
  const labels = new Map(
    decided.flatMap(({ unit, id, parent_id, decision }) =>
      unit === 'function' && decision === 'kept' ? [[id, parent_id]] : [],
    ),
  );
  const probed = await (await openStored(store, PROBED, of.probe)).read();
  return [
    ...decided.filter(({ decision }) => decision !== 'kept').map(decidedRow),
    ...probed.map((row) => probedRow(row, labels.get(row.function_id) ?? null)),
  ];
}

/**
 * Ledger rows of one batch in an id range, in the order of the ledger, without the places of published rows: what became
 * of its records, of the functions and inputs found in it, and of the invocations that it ran.
 */
export async function ledgerOfBatch(
  store: ObjectStore,
  of: LedgerObjects & { readonly decisions: Decisions },
  ids: IdRange,
): Promise<Anchored[]> {
  const rows = await recordsOf(store, of.ingest, ids);
  rows.push(...(await decidedRows(store, of)));
  rows.push(...(await refineSlice(store, of.refine, ids)).rows.map(invocationRow));
  // The sort is stable: what compares equal stays in canonical order.
  return rows
    .map(anchoredRow)
    .filter(({ anchor }) => isInRange(anchor, ids))
    .sort(byAnchor);
}
