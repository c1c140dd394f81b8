// The functions that unique kept of a batch, with the inputs that were found for them. An input may stand in the ingest
// object of another batch, where equal functions merged.
import type { FunctionId, InputId } from '../src/contract/ids.ts';
import type { BatchInput } from '../src/contract/job.ts';
import type {
  FunctionPayload,
  IngestRow,
  InputPayload,
  UniqueRow,
} from '../src/contract/sealed-rows.ts';
import { AppError } from '../src/errors.ts';
import { decisionsOfBatch, openDecisions } from '../src/store/decisions.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { openStored } from '../src/store/stored-table.ts';
import { compareText, INGEST } from '../src/store/tables.ts';

/** A kept function and what was found for it, in canonical order. */
export interface FoundFunction {
  readonly functionId: FunctionId;
  readonly function: FunctionPayload;
  /** Its place in the batch, in canonical order. */
  readonly order: number;
  readonly found: readonly { readonly inputId: InputId; readonly input: InputPayload }[];
}

interface Place {
  readonly batch: number;
  readonly row: number;
}

function damaged(what: string, at: Place): AppError {
  return new AppError(
    'object-damaged',
    `${what} of ingest batch ${String(at.batch)} is not there`,
    {
      context: { batchIndex: at.batch, row: at.row },
    },
  );
}

function placesOf(decision: UniqueRow): readonly Place[] {
  const pairs = JSON.parse(decision.inputs ?? '[]') as readonly (readonly [number, number])[];
  return pairs.map(([batch, row]) => ({ batch, row }));
}

/** Rows of ingest objects by place, read in one range per object. */
async function readPlaces(
  store: ObjectStore,
  input: BatchInput,
  places: readonly Place[],
): Promise<(place: Place) => IngestRow> {
  const byBatch = new Map<number, number[]>();
  for (const { batch, row } of places) byBatch.set(batch, [...(byBatch.get(batch) ?? []), row]);
  const rows = new Map<string, IngestRow>();
  for (const [batch, wanted] of byBatch) {
    const { key } = await readPage(store, input, { pass: 'ingest', batchIndex: batch });
    const file = await openStored(store, INGEST, key);
    const from = wanted.reduce((least, row) => Math.min(least, row));
    const to = wanted.reduce((most, row) => Math.max(most, row)) + 1;
    const range = await file.read({ from, to });
    for (const row of wanted) {
      const found = range[row - from];
      if (found !== undefined) rows.set(`${String(batch)}:${String(row)}`, found);
    }
  }
  return (place) => {
    const row = rows.get(`${String(place.batch)}:${String(place.row)}`);
    if (row === undefined) throw damaged(`row ${String(place.row)}`, place);
    return row;
  };
}

function payloadOf<T>(row: IngestRow, at: Place): T {
  if (row.payload === null) throw damaged(`payload of row ${String(at.row)}`, at);
  return JSON.parse(row.payload) as T;
}

/** Sorted by functionId, as the rows are. */
export async function readFoundFunctions(
  store: ObjectStore,
  input: BatchInput,
): Promise<readonly FoundFunction[]> {
  const decisions = await decisionsOfBatch(await openDecisions(store, input), input.batchIndex);
  const kept = decisions
    .filter(({ unit, decision }) => unit === 'function' && decision === 'kept')
    .sort((a, b) => compareText(a.id, b.id));
  const here = (decision: UniqueRow): Place => ({
    batch: decision.batch_index,
    row: decision.ingest_row,
  });
  const places = kept.flatMap((decision) => [here(decision), ...placesOf(decision)]);
  const rowAt = await readPlaces(store, input, places);
  return kept.map((decision) => {
    const at = here(decision);
    return {
      functionId: decision.id as FunctionId,
      function: payloadOf<FunctionPayload>(rowAt(at), at),
      order: decision.ingest_row,
      found: placesOf(decision).map((place) => ({
        inputId: rowAt(place).id as InputId,
        input: payloadOf<InputPayload>(rowAt(place), place),
      })),
    };
  });
}
