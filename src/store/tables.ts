// Every table as a value: name, columns, canonical row order and row-group bounds. The schema of a file is made from
// these and compared with these on reading.
import type { LedgerRow, TraceRow } from '../contract/row.ts';
import type { TextRow } from '../contract/text.ts';
import type {
  BenchmarkRow,
  EarlierRow,
  IngestRow,
  MatchRow,
  NearRow,
  PlaceRow,
  ProbeRow,
  PromptRow,
  RefineRow,
  RenderRow,
  SealedTraceRow,
  SelectRow,
  UniqueRow,
} from '../contract/sealed-rows.ts';
import {
  BENCHMARK_COLUMNS,
  EARLIER_COLUMNS,
  INGEST_COLUMNS,
  LEDGER_COLUMNS,
  MATCH_COLUMNS,
  NEAR_COLUMNS,
  PLACE_COLUMNS,
  PROBE_COLUMNS,
  PROMPT_COLUMNS,
  REFINE_COLUMNS,
  RENDER_COLUMNS,
  SEALED_TRACE_COLUMNS,
  SELECT_COLUMNS,
  TEXT_COLUMNS,
  TRACE_COLUMNS,
  UNIQUE_COLUMNS,
} from '../contract/tables.ts';
import type { Columns } from '../contract/tables.ts';

export interface Table<Row> {
  readonly name: string;
  readonly columns: Columns<Row>;
  /** Rows of a group at most: readers decode whole groups. */
  readonly groupRows: number;
  /** Uncompressed text of a group at most, unless one row alone is larger. */
  readonly groupBytes: number;
  /** Up to this size an object is read whole, and checked before it is decoded; beyond, by range. */
  readonly wholeBytesMax: number;
  /** Columns with statistics: ids, which are ASCII, so that JavaScript's order is Parquet's. */
  readonly statistics: readonly (keyof Row & string)[];
  /** Rows must be in this order; the writer refuses others. Null: the order given is the order meant. */
  readonly order: ((a: Row, b: Row) => number) | null;
}

const MIB = 1024 * 1024;
// The decoder may run for hours on damaged bytes, so that what is read often is read whole. Sealed objects are cut to
// stay far below this.
const WHOLE_BYTES_MAX = 64 * MIB;
const GROUP_BYTES_MAX = 64 * MIB;

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Sorted {
  readonly function_id: string;
  readonly input_index: number;
}
/** The order of published rows: function_id, then input_index. */
export function byFunctionThenInput(a: Sorted, b: Sorted): number {
  return compareText(a.function_id, b.function_id) || a.input_index - b.input_index;
}

const PUBLISHED_ROWS = {
  columns: TRACE_COLUMNS,
  groupRows: 1_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['id', 'function_id'],
  order: byFunctionThenInput,
} as const satisfies Omit<Table<TraceRow>, 'name'>;

export const TRACES: Table<TraceRow> = { name: 'traces', ...PUBLISHED_ROWS };
export const REJECTED: Table<TraceRow> = { name: 'rejected', ...PUBLISHED_ROWS };

/** Its order (ledger-rows.ts) is by anchors, which a row alone does not tell. */
export const LEDGER: Table<LedgerRow> = {
  name: 'ledger',
  columns: LEDGER_COLUMNS,
  groupRows: 10_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['id'],
  order: null,
};

/** By function; within one in the order of its traces, and of a trace in the order of the spec's formats. */
export const TEXT: Table<TextRow> = {
  name: 'text',
  columns: TEXT_COLUMNS,
  groupRows: 10_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: (a, b) => compareText(a.function_id, b.function_id),
};

/** Groups are small: the pass select reads all of these objects, a group at a time. */
export const RENDERED: Table<RenderRow> = {
  name: 'render',
  columns: RENDER_COLUMNS,
  groupRows: 1_000,
  groupBytes: 8 * MIB,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: (a, b) => compareText(a.function_id, b.function_id),
};

export const SELECTED: Table<SelectRow> = {
  name: 'select',
  columns: SELECT_COLUMNS,
  groupRows: 16,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: 4 * MIB,
  statistics: [],
  order: (a, b) => a.part - b.part,
};

export const INGEST: Table<IngestRow> = {
  name: 'ingest',
  columns: INGEST_COLUMNS,
  groupRows: 1_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: [],
  order: null,
};

export const NEAR: Table<NearRow> = {
  name: 'near',
  columns: NEAR_COLUMNS,
  groupRows: 10_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: [],
  order: null,
};

export const UNIQUE: Table<UniqueRow> = {
  name: 'unique',
  columns: UNIQUE_COLUMNS,
  groupRows: 2_000,
  groupBytes: GROUP_BYTES_MAX,
  // Every trace batch reads its own slice of one object: some 25 bytes a row, a few rows a function.
  wholeBytesMax: 4 * MIB,
  statistics: [],
  order: null,
};

/** As many functions as a set has: read by row group, several times. */
export const EARLIER: Table<EarlierRow> = {
  name: 'earlier',
  columns: EARLIER_COLUMNS,
  groupRows: 1_000,
  groupBytes: 8 * MIB,
  wholeBytesMax: 4 * MIB,
  statistics: [],
  order: null,
};

export const BENCHMARKS: Table<BenchmarkRow> = {
  name: 'benchmark',
  columns: BENCHMARK_COLUMNS,
  groupRows: 1_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: [],
  order: null,
};

export const MATCHED: Table<MatchRow> = {
  name: 'match',
  columns: MATCH_COLUMNS,
  groupRows: 10_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: [],
  order: (a, b) => a.ingest_row - b.ingest_row,
};

/** Every published file looks its own range of functions up. */
export const PLACED: Table<PlaceRow> = {
  name: 'place',
  columns: PLACE_COLUMNS,
  groupRows: 2_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: 4 * MIB,
  statistics: ['function_id'],
  order: (a, b) => compareText(a.function_id, b.function_id),
};

/** By function, and within one in the order in which its inputs were found. */
function byFunctionThenPosition(a: ProbeRow, b: ProbeRow): number {
  return compareText(a.function_id, b.function_id) || a.position - b.position;
}

export const PROBED: Table<ProbeRow> = {
  name: 'probe',
  columns: PROBE_COLUMNS,
  groupRows: 1_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: byFunctionThenPosition,
};

export const PROMPTED: Table<PromptRow> = {
  name: 'prompt',
  columns: PROMPT_COLUMNS,
  groupRows: 1_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: (a, b) => compareText(a.function_id, b.function_id),
};

/** Small groups: a published part reads a narrow range of every trace object. */
export const SEALED_TRACES: Table<SealedTraceRow> = {
  name: 'trace',
  columns: SEALED_TRACE_COLUMNS,
  groupRows: 64,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: byFunctionThenInput,
};

export const REFINED: Table<RefineRow> = {
  name: 'refine',
  columns: REFINE_COLUMNS,
  groupRows: 10_000,
  groupBytes: GROUP_BYTES_MAX,
  wholeBytesMax: WHOLE_BYTES_MAX,
  statistics: ['function_id'],
  order: byFunctionThenInput,
};

/** Many are read side by side: what one holds is then its open group, and at most a few blocks. */
const RUN = { groupRows: 64, groupBytes: 2 * MIB, wholeBytesMax: 4 * MIB } as const;

/** A table whose objects are merged with many others; the form of the file is the same. */
export function asRun<Row>(table: Table<Row>): Table<Row> {
  return { ...table, ...RUN };
}
