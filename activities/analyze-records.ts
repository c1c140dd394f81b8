// Analysis of many records in one sandbox: in requests of bounded size, and so that a text which kills the child that
// parses it costs itself only.
import type { RECORD_REASONS } from '../src/contract/outcome.ts';
import { AppError, isAppError } from '../src/errors.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import { analysisAnswerSchema, analysisRequest } from '../src/schema/analysis.ts';
import type { AnalysedRecord, AnalysisRules } from '../src/schema/analysis.ts';
import type { CorpusRecord } from '../src/schema/corpus-record.ts';

/** One request: well under the 16 MiB that the harness takes, and small enough that a bisection is cheap. */
const REQUEST_BYTES_MAX = 512 * 1024;
const REQUEST_RECORDS_MAX = 64;
/** What an import is reckoned at: the text of its module comes back in the answer. */
const IMPORT_BYTES = 64 * 1024;
/** A record that ends the child twice by itself is at fault if the sandbox answers for another one. */
const ALONE_ATTEMPTS = 2;

export interface AnalysisRun {
  readonly slot: SandboxSlot;
  readonly rules: AnalysisRules;
  readonly signal: AbortSignal;
  /** Called with the number of records that were just analysed. */
  readonly onProgress: (count: number) => void;
}

/** What one record came to. */
export type Analysis =
  | { readonly kind: 'parsed'; readonly record: CorpusRecord; readonly analysed: AnalysedRecord }
  | {
      readonly kind: 'rejected';
      readonly record: CorpusRecord;
      readonly reason: (typeof RECORD_REASONS)[number];
    };

function weightOf(record: CorpusRecord): number {
  const inputs = record.inputs.reduce((sum, { setup, call, stdin }) => {
    return sum + setup.length + call.length + stdin.length;
  }, 0);
  return record.source.length + inputs + (record.kind === 'import' ? IMPORT_BYTES : 0);
}

function* requestsOf(records: readonly CorpusRecord[]): Generator<CorpusRecord[]> {
  let open: CorpusRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const weight = weightOf(record);
    const isFull = open.length >= REQUEST_RECORDS_MAX || bytes + weight > REQUEST_BYTES_MAX;
    if (isFull && open.length > 0) {
      yield open;
      open = [];
      bytes = 0;
    }
    open.push(record);
    bytes += weight;
  }
  if (open.length > 0) yield open;
}

async function ask(records: readonly CorpusRecord[], run: AnalysisRun): Promise<Analysis[]> {
  const answer: unknown = await run.slot.analyze(analysisRequest(records, run.rules), run.signal);
  const parsed = analysisAnswerSchema.safeParse(answer);
  const inOrder = parsed.data?.records.every(({ id }, index) => id === index) === true;
  if (!parsed.success || !inOrder || parsed.data.records.length !== records.length) {
    throw new AppError('wire-violation', 'analysis: the sandbox answered in another shape', {
      retryable: true,
      cause: parsed.error,
    });
  }
  return parsed.data.records.map((analysed, index): Analysis => {
    const record = records[index];
    if (record === undefined) throw new AppError('internal', 'analysis: answer without a record');
    if (analysed.reject !== null) return { kind: 'rejected', record, reason: analysed.reject };
    return { kind: 'parsed', record, analysed };
  });
}

/** Faults that the content of a request may have caused. */
function mayBeContent(error: unknown): boolean {
  return isAppError(error) && (error.code === 'sandbox-died' || error.code === 'wire-violation');
}

const CANARY: CorpusRecord = {
  index: 0,
  kind: 'source',
  source: 'def f():\n    return 1\n',
  module: null,
  extract: false,
  entry: 'f',
  inputs: [],
  doctests: false,
  provenance: {
    label: 'canary',
    repository: null,
    path: null,
    commit: null,
    license: null,
    licenseSource: null,
  },
};

/** A record whose analysis failed with others, by itself. Where the sandbox fails the canary too, the fault is ours. */
async function askAlone(record: CorpusRecord, run: AnalysisRun): Promise<Analysis[]> {
  for (let attempt = 1; attempt <= ALONE_ATTEMPTS; attempt += 1) {
    try {
      return await ask([record], run);
    } catch (error) {
      if (!mayBeContent(error)) throw error;
    }
  }
  await ask([CANARY], run);
  return [{ kind: 'rejected', record, reason: 'syntax-error' }];
}

async function askBisecting(
  records: readonly CorpusRecord[],
  run: AnalysisRun,
): Promise<Analysis[]> {
  const [only, ...others] = records;
  if (only !== undefined && others.length === 0) return await askAlone(only, run);
  try {
    return await ask(records, run);
  } catch (error) {
    if (!mayBeContent(error)) throw error;
    const middle = Math.ceil(records.length / 2);
    const head = await askBisecting(records.slice(0, middle), run);
    return [...head, ...(await askBisecting(records.slice(middle), run))];
  }
}

/** One analysis per record, in order. Throws what the slot throws, where no single record is to blame. */
export async function analyzeRecords(
  records: readonly CorpusRecord[],
  run: AnalysisRun,
): Promise<Analysis[]> {
  const analyses: Analysis[] = [];
  for (const request of requestsOf(records)) {
    run.signal.throwIfAborted();
    analyses.push(...(await askBisecting(request, run)));
    run.onProgress(request.length);
  }
  return analyses;
}
