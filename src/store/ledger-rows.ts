// The rows of one ledger file: what became of every record, function, input and invocation whose anchor lies in its
// range. The anchor of a record is the digest of its label; of anything else, its functionId.
import type { StepInput } from '../contract/job.ts';
import type { LedgerRow } from '../contract/row.ts';
import type { IngestRow, ProbeRow, RefineRow, UniqueRow } from '../contract/sealed-rows.ts';
import { isInRange, partOfId, rangeOfPart } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import { sha256 } from '../identity/digest.ts';
import { decisionsOfBatch, openDecisions } from './decisions.ts';
import type { ObjectStore } from './object-store.ts';
import { SPLIT } from './publish-plan.ts';
import type { PartFile, PublishPlan } from './publish-plan.ts';
import { refineSlice } from './published-rows.ts';
import { tableFile } from '../core/keys.ts';
import { openStored } from './stored-table.ts';
import { INGEST, PROBED, byFunctionThenInput, compareText } from './tables.ts';

/** Where a ledger row is sorted: by anchor, then unit, then canonical order. */
interface Anchored {
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

const NOWHERE = { verdict: null, keeper_id: null, file: null, row: null } as const;

function recordRow({ id, outcome, reasons }: RecordColumns): LedgerRow {
  return { unit: 'record', id, parent_id: null, stage: 'ingest', outcome, reasons, ...NOWHERE };
}

function decidedRow(decision: UniqueRow): LedgerRow {
  const { unit, parent_id, reasons, keeper_id } = decision;
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
  };
}

function probedRow(probed: ProbeRow, label: string | null): LedgerRow {
  const { unit, id, function_id, decision, reasons } = probed;
  const isInput = unit === 'input';
  return {
    ...NOWHERE,
    unit,
    id: isInput ? inputLedgerId(function_id, id) : id,
    parent_id: isInput ? function_id : label,
    stage: 'synthesize',
    outcome: decision,
    reasons,
  };
}

function isDroppedByUnique(reasons: readonly string[]): boolean {
  return reasons.includes('over-keep') || reasons.includes('function-dropped');
}

type Place = Pick<LedgerRow, 'file' | 'row'>;
const NO_PLACE: Place = { file: null, row: null };

function invocationRow(refined: RefineRow, place: Place): LedgerRow {
  const { id, function_id, input_id, outcome, fault_code, verdict, reasons, keeper_id } = refined;
  return {
    unit: 'invocation',
    id,
    parent_id: inputLedgerId(function_id, input_id),
    stage: verdict === null ? 'trace' : verdict === 'duplicate' ? 'refine' : 'publish',
    outcome,
    verdict,
    reasons: fault_code === null ? reasons : [fault_code],
    keeper_id,
    ...place,
  };
}

const VERDICT = { traces: 'accepted', rejected: 'rejected' } as const;

/** The ids of the published files of a table that a ledger file's range touches: whole files, so that rows can be counted. */
function coveringRange(part: number, ledgerParts: number, tableParts: number): IdRange {
  const parts = Math.min(ledgerParts, tableParts);
  return rangeOfPart(Math.floor(part / (ledgerParts / parts)), parts);
}

/** The published file and row by row id, of the rows of one table around a ledger file. */
async function placesOf(
  store: ObjectStore,
  plan: PublishPlan,
  of: { readonly table: 'traces' | 'rejected'; readonly part: number },
): Promise<Map<string, Place>> {
  const parts = plan.parts[of.table];
  const covering = coveringRange(of.part, plan.parts.ledger, parts);
  const published: RefineRow[] = [];
  for (const key of plan.objects.refine) {
    const { rows } = await refineSlice(store, key, covering);
    published.push(...rows.filter((row) => row.verdict === VERDICT[of.table]));
  }
  const places = new Map<string, Place>();
  const next = new Map<string, number>();
  for (const { id, function_id } of published.sort(byFunctionThenInput)) {
    const part = partOfId(function_id, parts);
    const file = tableFile(of.table, SPLIT, { part, parts });
    const row = next.get(file) ?? 0;
    next.set(file, row + 1);
    places.set(id, { file, row });
  }
  return places;
}

async function invocationRows(
  store: ObjectStore,
  plan: PublishPlan,
  part: number,
): Promise<Anchored[]> {
  const accepted = await placesOf(store, plan, { table: 'traces', part });
  const rejected = await placesOf(store, plan, { table: 'rejected', part });
  const own = rangeOfPart(part, plan.parts.ledger);
  const refined: RefineRow[] = [];
  for (const key of plan.objects.refine) {
    refined.push(...(await refineSlice(store, key, own)).rows);
  }
  return refined.sort(byFunctionThenInput).map((row) => ({
    anchor: row.function_id,
    rank: 3,
    row: invocationRow(row, accepted.get(row.id) ?? rejected.get(row.id) ?? NO_PLACE),
  }));
}

function anchoredDecision(decision: UniqueRow): Anchored {
  const isFunction = decision.unit === 'function';
  return {
    anchor: isFunction ? decision.id : decision.parent_id,
    rank: isFunction ? 1 : 2,
    row: decidedRow(decision),
  };
}

/** What the pass probe decided on the functions that unique kept and on their inputs. */
async function probedRows(
  store: ObjectStore,
  key: string,
  { decided, ids }: { readonly decided: readonly UniqueRow[]; readonly ids: IdRange },
): Promise<Anchored[]> {
  const labels = new Map(
    decided.flatMap(({ unit, id, parent_id, decision }) =>
      unit === 'function' && decision === 'kept' ? [[id, parent_id]] : [],
    ),
  );
  const rows = await (await openStored(store, PROBED, key)).read();
  return rows
    .filter((row) => isInRange(row.function_id, ids))
    .map((row) => ({
      anchor: row.function_id,
      rank: row.unit === 'function' ? 1 : 2,
      row: probedRow(row, labels.get(row.function_id) ?? null),
    }));
}

/** In the order of anchors; equal anchors record, functions, inputs, invocations; these in canonical order. */
export async function readLedgerRows(
  store: ObjectStore,
  at: StepInput & { readonly plan: PublishPlan },
  file: PartFile,
): Promise<LedgerRow[]> {
  const { plan } = at;
  const ids = rangeOfPart(file.part, file.parts);
  const decisions = await openDecisions(store, at);
  const found: Anchored[] = [];
  for (const [batch, key] of plan.objects.ingest.entries()) {
    const ingest = await openStored(store, INGEST, key);
    for (const row of await ingest.readColumns(['unit', 'id', 'outcome', 'reasons'])) {
      if (row.unit !== 'record') continue;
      const anchor = recordAnchor(row.id);
      if (isInRange(anchor, ids)) found.push({ anchor, rank: 0, row: recordRow(row) });
    }
    const decided = await decisionsOfBatch(decisions, batch);
    const probeKey = plan.objects.probe?.[batch];
    for (const decision of decided) {
      // Where the pass probe ran, it has the last word on what unique kept.
      if (probeKey !== undefined && decision.decision === 'kept') continue;
      const anchored = anchoredDecision(decision);
      if (isInRange(anchored.anchor, ids)) found.push(anchored);
    }
    if (probeKey !== undefined)
      found.push(...(await probedRows(store, probeKey, { decided, ids })));
  }
  found.push(...(await invocationRows(store, plan, file.part)));
  // The sort is stable: what compares equal stays in canonical order, which is the order of the batches.
  found.sort((a, b) => compareText(a.anchor, b.anchor) || a.rank - b.rank);
  return found.map(({ row }) => row);
}
