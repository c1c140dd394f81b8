// From what was read and analysed to the rows of a sealed ingest object: pure, and the only place that knows which text
// each identity is made of.
import type { BatchCounts } from '../src/contract/job.ts';
import type { InputId } from '../src/contract/ids.ts';
import type { FunctionPayload, IngestRow, InputPayload } from '../src/contract/sealed-rows.ts';
import {
  astDigestOf,
  canonicalJson,
  functionIdOf,
  inputIdOf,
  toLf,
} from '../src/identity/digest.ts';
import type { AnalysedFunction, AnalysedInput, AnalysedRecord } from '../src/schema/analysis.ts';
import type { CorpusRecord, RecordReading, RecordReason } from '../src/schema/corpus-record.ts';
import { functionRejects } from '../src/corpus/selection.ts';
import type { FunctionFacts } from '../src/corpus/selection.ts';
import type { Selection } from '../src/contract/spec.ts';
import type { Analysis } from './analyze-records.ts';

const NOTHING = {
  ...{ position: 0, parent_id: null, ast_digest: null, reasons: [], origin: null, payload: null },
};

function rejectedRow(index: number, label: string, reason: RecordReason): IngestRow {
  return {
    ...NOTHING,
    unit: 'record',
    record_index: index,
    id: label,
    outcome: 'rejected',
    reasons: [reason],
  };
}

/** Without a canonical form, the verbatim text: no input that is kept has it, for that one would parse. */
function inputIdFor(input: AnalysedInput): InputId {
  const { canonical_setup: setup, canonical_call: call, stdin } = input;
  if (setup === null || call === null) return inputIdOf(input);
  return inputIdOf({ setup, call, stdin });
}

function inputRow(index: number, functionId: string, at: [number, AnalysedInput]): IngestRow {
  const [position, input] = at;
  const { setup, call, stdin, origin } = input;
  const payload: InputPayload = { setup, call, stdin, origin, llmModel: null };
  return {
    unit: 'input',
    record_index: index,
    position,
    id: inputIdFor(input),
    parent_id: functionId,
    ast_digest: null,
    outcome: input.reject === null ? 'found' : 'rejected',
    reasons: input.reject === null ? [] : [input.reject],
    origin,
    payload: canonicalJson(payload),
  };
}

function functionPayload(
  record: CorpusRecord,
  analysed: AnalysedRecord,
  each: AnalysedFunction,
): FunctionPayload {
  const { label, repository, path, commit, license, licenseSource } = record.provenance;
  return {
    kind: each.kind ?? record.kind,
    entry: each.entry,
    source: each.source ?? toLf(analysed.module?.text ?? record.source),
    original: each.original,
    provenance: {
      label,
      repository,
      path: path ?? analysed.module?.path ?? null,
      commit,
      qualname: each.qualname,
      license,
      licenseSource,
      lineStart: each.line_start,
      lineEnd: each.line_end,
    },
    ...(each.skeleton == null
      ? {}
      : { skeleton: each.skeleton, parameters: each.parameters ?? null }),
    ...testsOf(record, analysed, each),
  };
}

/** Tests of a benchmark's record, or the module of an extracted file where it tests the function itself. */
function testsOf(
  { testing }: CorpusRecord,
  { module }: AnalysedRecord,
  { entry, qualname, tested }: AnalysedFunction,
): Pick<FunctionPayload, 'tests'> {
  if (testing !== undefined) return { tests: { source: testing.program, entry } };
  if (!tested || module === null || qualname === null) return {};
  return { tests: { source: toLf(module.text), entry: qualname } };
}

function factsOf(record: CorpusRecord, each: AnalysedFunction): FunctionFacts {
  const { qualname, line_start: lineStart, line_end: lineEnd, loop_depth: loopDepth } = each;
  return { kind: record.kind, qualname, lines: lineEnd - lineStart + 1, loopDepth };
}

function functionRows(
  { record, analysed }: { readonly record: CorpusRecord; readonly analysed: AnalysedRecord },
  at: [number, AnalysedFunction],
  select: Selection | undefined,
): IngestRow[] {
  const [position, each] = at;
  const payload = functionPayload(record, analysed, each);
  const functionId = functionIdOf(payload.kind, payload.source, each.entry);
  const place = { unit: 'function', record_index: record.index, position } as const;
  if (each.reject !== null) {
    return [
      {
        ...place,
        id: functionId,
        parent_id: record.provenance.label,
        ast_digest: null,
        outcome: 'rejected',
        reasons: [each.reject],
        origin: null,
        payload: canonicalJson({ ...payload, source: '' }),
      },
    ];
  }
  const reasons = functionRejects(factsOf(record, each), select);
  const inputs = [...each.inputs.entries()].map((input) =>
    inputRow(record.index, functionId, input),
  );
  const row: IngestRow = {
    ...place,
    id: functionId,
    parent_id: record.provenance.label,
    ast_digest: astDigestOf(`${payload.kind} ${each.tree}`),
    outcome: reasons.length === 0 ? 'found' : 'rejected',
    reasons,
    origin: null,
    payload: canonicalJson(payload),
  };
  return [row, ...inputs];
}

function analysisRows(analysis: Analysis, select: Selection | undefined): IngestRow[] {
  const { record } = analysis;
  const { label } = record.provenance;
  if (analysis.kind === 'rejected') return [rejectedRow(record.index, label, analysis.reason)];
  const functions = [...analysis.analysed.functions.entries()];
  return [
    { ...NOTHING, unit: 'record', record_index: record.index, id: label, outcome: 'parsed' },
    ...functions.flatMap((each) =>
      functionRows({ record, analysed: analysis.analysed }, each, select),
    ),
  ];
}

/** `analyses` are those of the readings that are records, in order. */
export function ingestRows(
  readings: readonly RecordReading[],
  analyses: readonly Analysis[],
  select?: Selection,
): IngestRow[] {
  const rest = analyses.values();
  return readings.flatMap((reading) => {
    if (reading.kind === 'reject') {
      return [rejectedRow(reading.index, reading.label, reading.reason)];
    }
    const { value, done } = rest.next();
    if (done === true || value.record !== reading.record) {
      throw new Error('invariant broken: one analysis per record, in order');
    }
    return analysisRows(value, select);
  });
}

/** The counts of a sealed object: the same for who sealed it and who found it. */
export function ingestCounts(rows: readonly IngestRow[]): BatchCounts {
  const count = (unit: IngestRow['unit'], outcome?: IngestRow['outcome']): number =>
    rows.filter((row) => row.unit === unit && (outcome === undefined || row.outcome === outcome))
      .length;
  return {
    recordsRead: count('record'),
    recordsParsed: count('record', 'parsed'),
    recordsRejected: count('record', 'rejected'),
    functionsFound: count('function'),
    inputsFound: count('input'),
    inputsRejected: count('input', 'rejected'),
  };
}
