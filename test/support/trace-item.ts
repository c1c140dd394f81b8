// An invocation of one function as the pass trace plans it, for tests that make a row without a job.
import type { FunctionId, InputId, RowId } from '../../src/contract/ids.ts';
import type { RowContext, TraceItem } from '../../src/core/trace-row.ts';

const NO_PROVENANCE = {
  ...{ label: 'f.jsonl:1', repository: null, path: 'f.py', commit: null, qualname: 'f' },
  ...{ license: null, licenseSource: null, lineStart: null, lineEnd: null },
};

export function traceItem(
  source: string,
  call: string,
): { readonly id: RowId; readonly item: TraceItem; readonly context: RowContext } {
  return {
    id: 'a'.repeat(64) as RowId,
    item: {
      functionId: 'f'.repeat(64) as FunctionId,
      function: { kind: 'source', entry: 'f', source, original: null, provenance: NO_PROVENANCE },
      inputId: 'd'.repeat(64) as InputId,
      input: { setup: '', call, stdin: '', origin: 'given', llmModel: null },
      inputIndex: 0,
    },
    context: {
      environment: { id: 'e', python: '3.13.5', tracer: 'core/1' },
      ...{ granularity: 'line', scope: 'record', limits: '{}' },
    },
  };
}
