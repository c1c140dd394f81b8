// The worker side, for every kind: a corpus object to ranges, and the bytes of a range to records and rejects.
import type { CorpusRange, PlanSource } from '../contract/plan.ts';
import type { CorpusSource } from '../contract/spec.ts';
import type { RecordReading, RecordReason } from '../schema/corpus-record.ts';
import { cruxeval, humaneval, lcbExecution, mbpp } from './benchmarks.ts';
import { builtin } from './builtin.ts';
import { codenet } from './codenet.ts';
import { files } from './files.ts';
import { git } from './git.ts';
import { jsonl, parquet } from './jsonl.ts';
import { stdlib } from './library.ts';
import { cutCorpus, linesOf } from './lines.ts';
import type { Line } from './lines.ts';
import type { CorpusReader, LineContext, RangeReader } from './port.ts';
import { pypi } from './pypi/corpus.ts';

export const READERS: Readonly<Record<CorpusSource['kind'], CorpusReader>> = {
  files,
  git,
  pypi,
  stdlib,
  jsonl,
  parquet,
  cruxeval,
  humaneval,
  mbpp,
  'lcb-execution': lcbExecution,
  codenet,
  builtin,
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = '\uFEFF';

type Parsed =
  | { readonly value: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly reason: RecordReason };

function parseLine(line: Line): Parsed {
  if (line.bytes === null) return { reason: 'source-too-long' };
  let text: string;
  try {
    text = utf8.decode(line.bytes);
  } catch {
    return { reason: 'not-utf8' };
  }
  if (line.index === 0 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not-json' };
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? { value: value as Record<string, unknown>, text } : { reason: 'not-an-object' };
}

/** The records of a range in order, one reading per line that is not blank. */
export function readRecords(
  source: Pick<CorpusSource, 'kind' | 'name' | 'map'>,
  range: Uint8Array,
  firstRecord: number,
): RecordReading[] {
  const reader = READERS[source.kind];
  return Array.from(linesOf(range, firstRecord), (line) => {
    const context: LineContext = { source, index: line.index };
    const parsed = parseLine(line);
    if ('value' in parsed) return reader.read(context, parsed.value, parsed.text);
    const label = reader.label(context);
    return { kind: 'reject', index: line.index, label, reason: parsed.reason };
  });
}

/** The ranges of one corpus object, of about `batchSize` functions each; throws what cutCorpus throws. */
export async function cut(
  store: RangeReader,
  source: Pick<PlanSource, 'kind' | 'digest' | 'key'>,
  batchSize: number,
): Promise<CorpusRange[]> {
  return await cutCorpus(store, source, { batchSize, weigh: READERS[source.kind].weigh });
}
