// A published row for tests, with the columns that a test does not name at plain values.
import type { TraceRow } from '../../../src/contract/row.ts';
import type { TraceEvent } from '../../../src/contract/trace.ts';
import { asId } from '../../../src/contract/ids.ts';

export interface RowParts extends Partial<Omit<TraceRow, 'events'>> {
  readonly events: readonly TraceEvent[];
}

export function rowOf({ events, ...columns }: RowParts): TraceRow {
  return {
    id: asId('ab'.repeat(32)),
    function_id: 'f'.repeat(64),
    input_id: '1'.repeat(64),
    cluster_id: null,
    environment: 'e'.repeat(64),
    split: 'train',
    entry: 'f',
    kind: 'source',
    format_version: 3,
    input_index: 0,
    source: 'def f(n):\n    xs = []\n    xs.append(n)\n    return xs\n',
    setup: '',
    call: 'f(3)',
    stdin: '',
    input_origin: 'given',
    llm_model: null,
    python: '3.13.5',
    tracer: 'core/1',
    granularity: 'line',
    scope: 'record',
    limits: '{}',
    outcome: 'returned',
    limit_hit: null,
    exception_type: null,
    exception_message: null,
    return_value: '[3]',
    return_type: 'list',
    stdout: '',
    stderr: '',
    return_is_literal: true,
    slice_verified: null,
    args_after: null,
    events: JSON.stringify(events),
    n_events: Math.max(0, events.length - 1),
    n_lines: events.filter((event) => event.kind === 'line').length,
    n_calls: events.filter((event) => event.kind === 'call').length,
    depth_max: 1,
    n_cut_values: 0,
    n_opaque: 0,
    path_digest: 'c'.repeat(64),
    row_digest: 'd'.repeat(64),
    opaque_callees: [],
    labels: [],
    reasons: [],
    contaminated_by: null,
    line_coverage: null,
    branch_coverage: null,
    repository: null,
    path: 'functions/f.py',
    commit: null,
    qualname: 'f',
    license: null,
    license_source: null,
    line_start: 1,
    line_end: 4,
    ...columns,
  };
}

export const EVENTS: readonly TraceEvent[] = [
  { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '3' } },
  { kind: 'line', frame: 1, depth: 1, line: 2 },
  {
    kind: 'line',
    frame: 1,
    depth: 1,
    line: 3,
    set: { xs: '@1' },
    heap: { '1': { type: 'list', items: [] } },
  },
  { kind: 'line', frame: 1, depth: 1, line: 4, heap: { '1': [['append', '3']] } },
  { kind: 'return', frame: 1, depth: 1, line: 4, value: '@1' },
];
