// Kind stdlib: the standard library of the sandbox. Launch says which modules are meant; a worker lists them inside its
// sandbox, and that listing is what is cut into batches.
import { libraryRecordSchema } from '../schema/corpus-record.ts';
import type { LibraryRecord } from '../schema/corpus-record.ts';
import { WEIGHT_MAX } from './archive-reader.ts';
import type { CorpusReader } from './port.ts';
import { check, lineLabel, readingOf, reject } from './reading.ts';
import { Spool } from './spool.ts';

const REPOSITORY = 'https://github.com/python/cpython';

/** Globs over dotted names, separated by commas: `json*, statistics`. */
export interface LibraryAsked {
  readonly modules: readonly string[];
}

function parsed(line: Uint8Array): Partial<LibraryRecord> {
  try {
    return JSON.parse(Buffer.from(line).toString('utf8')) as Partial<LibraryRecord>;
  } catch {
    return {};
  }
}

export const stdlib: CorpusReader = {
  openLocal: async (place, tools) => {
    const asked: LibraryAsked = {
      modules: (place.glob ?? '*').split(',').map((pattern) => pattern.trim()),
    };
    const spool = await Spool.create(tools.spool, place.shown);
    await spool.append(asked);
    return [await spool.finish('stdlib', 'stdlib')];
  },
  weigh: (line) => Math.min(Math.max(parsed(line).definitions ?? 1, 1), WEIGHT_MAX),
  label: lineLabel,
  read: (context, value) => {
    const checked = check(libraryRecordSchema, value);
    if (checked.kind === 'wrong') return reject(context, checked.reason);
    const { module, path, python } = checked.value;
    return readingOf(context, {
      index: context.index,
      kind: 'import',
      source: '',
      module,
      extract: true,
      entry: null,
      inputs: [],
      doctests: true,
      provenance: {
        label: `${context.source.name}/${path}`,
        repository: REPOSITORY,
        path: `Lib/${path}`,
        commit: `v${python}`,
        license: 'PSF-2.0',
        licenseSource: 'library',
      },
    });
  },
};

/** The modules that a line of the corpus object asks for. */
export function libraryAsked(object: Uint8Array): LibraryAsked {
  return JSON.parse(Buffer.from(object).toString('utf8')) as LibraryAsked;
}
