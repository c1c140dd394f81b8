// Kinds jsonl and parquet: one function or module per row, with columns named as docs/job-spec.md says or as `map` renames
// them.
import type { FunctionKind } from '../contract/function.ts';
import { jsonlRecordSchema } from '../schema/corpus-record.ts';
import type {
  CorpusRecord,
  GivenInput,
  JsonlRecord,
  RecordReading,
} from '../schema/corpus-record.ts';
import type { CorpusReader, LineContext } from './port.ts';
import { check, lineLabel, readingOf, reject, sourceText } from './reading.ts';
import { openRows } from './rows.ts';

/** Our names for the user's columns; a column that `map` gives to one field is not read as another. */
function renamed(
  value: Readonly<Record<string, unknown>>,
  map: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const taken = new Set(Object.values(map));
  const rest = Object.entries(value).filter(([column]) => !taken.has(column));
  const mapped = Object.entries(map)
    .filter(([, column]) => Object.hasOwn(value, column))
    .map(([field, column]) => [field, value[column]] as const);
  return Object.fromEntries([...rest, ...mapped]);
}

/** `statistics:mean` in entry alone says module and entry. */
function withModule(given: JsonlRecord): JsonlRecord {
  const colon = given.entry?.indexOf(':') ?? -1;
  if (given.module !== undefined || given.entry === undefined || colon === -1) return given;
  return { ...given, module: given.entry.slice(0, colon), entry: given.entry.slice(colon + 1) };
}

function givenInputs(given: JsonlRecord, kind: FunctionKind): GivenInput[] {
  const stdin = given.stdin ?? [];
  const [shared = ''] = typeof stdin === 'string' ? [stdin] : [];
  const calls = (given.calls ?? []).map((call) => ({ setup: '', call, stdin: shared }));
  const inputs = (given.inputs ?? []).map((input) => ({
    setup: input.setup ?? '',
    call: input.call ?? '',
    stdin: input.stdin ?? shared,
  }));
  if (kind !== 'program') return [...calls, ...inputs];
  const texts = typeof stdin === 'string' ? [stdin] : stdin;
  return [...texts.map((text) => ({ setup: '', call: '', stdin: text })), ...inputs];
}

const kindOf = (given: JsonlRecord): FunctionKind =>
  given.kind ?? (given.module === undefined ? 'source' : 'import');

/** The field that the kind of the record needs and that is not there. */
function lacks(given: JsonlRecord, kind: FunctionKind): boolean {
  if (kind === 'import') return given.module === undefined || given.entry === undefined;
  return given.source === undefined && given.code === undefined;
}

function recordOf(context: LineContext, given: JsonlRecord, kind: FunctionKind): CorpusRecord {
  return {
    index: context.index,
    kind,
    source: kind === 'import' ? '' : sourceText(given.source ?? given.code ?? ''),
    module: kind === 'import' ? (given.module ?? '') : null,
    extract: false,
    entry: kind === 'program' ? null : (given.entry ?? null),
    inputs: givenInputs(given, kind),
    doctests: true,
    provenance: {
      label: lineLabel(context),
      repository: given.repository ?? null,
      path: given.path ?? null,
      commit: given.commit ?? null,
      license: given.license ?? null,
      licenseSource: given.license_source ?? null,
    },
  };
}

function read(context: LineContext, value: Readonly<Record<string, unknown>>): RecordReading {
  const checked = check(jsonlRecordSchema, renamed(value, context.source.map));
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const given = withModule(checked.value);
  const kind = kindOf(given);
  if (lacks(given, kind)) return reject(context, 'field-missing');
  return readingOf(context, recordOf(context, given, kind));
}

const rowReader = { weigh: () => 1, label: lineLabel, read };

export const jsonl: CorpusReader = {
  ...rowReader,
  openLocal: (place, tools) => openRows('jsonl', place, tools),
};

export const parquet: CorpusReader = {
  ...rowReader,
  openLocal: (place, tools) => openRows('parquet', place, tools),
};
