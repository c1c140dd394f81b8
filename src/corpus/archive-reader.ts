// The worker side of archives: a line is a file, its functions are its module's.
import { archiveRecordSchema } from '../schema/corpus-record.ts';
import type { ArchiveRecord, CorpusRecord, RecordReading } from '../schema/corpus-record.ts';
import type { CorpusReader, LineContext } from './port.ts';
import { check, lineLabel, readingOf, reject, sourceText } from './reading.ts';

const DEF = Buffer.from('def ', 'latin1');
/** A file of more is cut as if it had so many: a batch is never empty. */
export const WEIGHT_MAX = 10_000;

/** Definitions as a plain search finds them: good enough to keep batches alike. */
function weigh(line: Uint8Array): number {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  let count = 0;
  for (let at = bytes.indexOf(DEF); at !== -1 && count < WEIGHT_MAX; count += 1) {
    at = bytes.indexOf(DEF, at + DEF.length);
  }
  return Math.max(1, count);
}

export type TextRecord = Extract<ArchiveRecord, { readonly text: string }>;

/**
 * Reads a line whose file became a text; `make` says what the record is beside its provenance. Paths of a repository
 * stay its own; others begin with the corpus's name.
 */
export function readArchive(
  context: LineContext,
  value: Readonly<Record<string, unknown>>,
  make: (entry: TextRecord) => Omit<CorpusRecord, 'index' | 'provenance'>,
): RecordReading {
  const checked = check(archiveRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const entry = checked.value;
  const label = `${context.source.name}/${entry.path}`;
  if ('bytes' in entry) return reject(context, 'source-too-long', label);
  if ('base64' in entry) return reject(context, 'not-utf8', label);
  if ('refused' in entry) return reject(context, 'archive-refused', label);
  return readingOf(context, {
    index: context.index,
    ...make(entry),
    provenance: {
      label,
      repository: entry.repository ?? null,
      path: entry.repository === undefined ? label : entry.path,
      commit: entry.commit ?? null,
      license: entry.license ?? null,
      licenseSource: entry.license_source ?? null,
    },
  });
}

/** All functions of a module text. */
export const archiveReader: Pick<CorpusReader, 'weigh' | 'label' | 'read'> = {
  weigh,
  label: lineLabel,
  read: (context, value) =>
    readArchive(context, value, ({ text, module }) => ({
      kind: 'source',
      source: sourceText(text),
      module: module ?? null,
      extract: true,
      entry: null,
      inputs: [],
      doctests: true,
    })),
};
