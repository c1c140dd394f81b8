// Kind files: a folder of Python files, or one file. Launch packs it into an archive of one line per file, sorted by path,
// so that the same files give the same object on every machine.
import { archiveRecordSchema } from '../schema/corpus-record.ts';
import type { RecordReading } from '../schema/corpus-record.ts';
import { openFolder } from './local.ts';
import type { CorpusReader, LineContext } from './port.ts';
import { check, lineLabel, readingOf, reject, sourceText } from './reading.ts';

const DEF = Buffer.from('def ', 'latin1');
/** A file of more is cut as if it had so many: a batch is never empty. */
const WEIGHT_MAX = 10_000;

/** Definitions as a plain search finds them: good enough to keep batches alike. */
function weigh(line: Uint8Array): number {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  let count = 0;
  for (let at = bytes.indexOf(DEF); at !== -1 && count < WEIGHT_MAX; count += 1) {
    at = bytes.indexOf(DEF, at + DEF.length);
  }
  return Math.max(1, count);
}

function read(context: LineContext, value: Readonly<Record<string, unknown>>): RecordReading {
  const checked = check(archiveRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const entry = checked.value;
  const label = `${context.source.name}/${entry.path}`;
  if ('bytes' in entry) return reject(context, 'source-too-long', label);
  if ('base64' in entry) return reject(context, 'not-utf8', label);
  return readingOf(context, {
    index: context.index,
    kind: 'source',
    source: sourceText(entry.text),
    module: null,
    extract: true,
    entry: null,
    inputs: [],
    doctests: true,
    provenance: {
      label,
      repository: null,
      path: label,
      commit: null,
      license: null,
      licenseSource: null,
    },
  });
}

export const files: CorpusReader = { openLocal: openFolder, weigh, label: lineLabel, read };
