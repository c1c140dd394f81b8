// croissant.json of a set: MLCommons Croissant 1.0, so that tools that know nothing of this program find files, columns and
// types. It is a data object and names no set, job, time or host.
import type { ObjectEntry } from '../../contract/row.ts';
import type { ColumnType } from '../../contract/tables.ts';
import { LEDGER, REJECTED, TEXT, TRACES } from '../tables.ts';

/** The context that the specification prescribes, word for word (https://docs.mlcommons.org/croissant/docs/croissant-spec.html). */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
} as const;

const PARQUET = 'application/x-parquet';

/** Tables of a set that have a record set each. */
const TABLES: readonly {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly description: string;
}[] = [
  { ...TRACES, description: 'Accepted invocations: input, events, and how it ended' },
  { ...REJECTED, description: 'Invocations that the quality policy refused; reasons says why' },
  { ...LEDGER, description: 'What became of each record, function, input and invocation' },
  { ...TEXT, description: 'Training examples: what is given and what is learned' },
];

/** Null for a list of structures, which the vocabulary has no word for. */
function dataType(type: ColumnType): string | null {
  switch (type) {
    case 'int32':
    case 'int32?':
      return 'sc:Integer';
    case 'float32?':
      return 'sc:Float';
    case 'bool?':
      return 'sc:Boolean';
    case 'string':
    case 'string?':
    case 'strings':
    case 'strings?':
      return 'sc:Text';
    case 'spans':
      return null;
  }
}

function field(table: string, name: string, type: ColumnType) {
  return {
    '@type': 'cr:Field',
    '@id': `${table}/${name}`,
    name: `${table}/${name}`,
    dataType: dataType(type),
    ...(type.startsWith('strings') ? { repeated: true } : {}),
    source: { fileSet: { '@id': `${table}-files` }, extract: { column: name } },
  };
}

export interface CroissantInput {
  /** Every file of the set that is described, with its digest. */
  readonly objects: readonly ObjectEntry[];
  /** SPDX expressions that rows have. */
  readonly licenses: readonly string[];
}

/** The same files and licences give the same text. */
export function croissant({ objects, licenses }: CroissantInput): unknown {
  const tables = TABLES.filter(({ name }) => objects.some(({ key }) => key.startsWith(`${name}/`)));
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    name: 'python-execution-traces',
    description:
      'Real Python functions, run on real inputs in a sandbox, step by step, written by Tracemill. ' +
      'Each row is one invocation: the source, the input, every event with what it changed, and how it ended.',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    ...(licenses.length === 0 ? {} : { license: licenses }),
    keywords: ['execution traces', 'python', 'code'],
    isLiveDataset: false,
    distribution: [
      ...objects.map(({ key, bytes, digest }) => ({
        '@type': 'cr:FileObject',
        '@id': key,
        name: key,
        contentUrl: key,
        contentSize: `${String(bytes)} B`,
        encodingFormat: key.endsWith('.parquet') ? PARQUET : 'application/jsonlines',
        sha256: digest,
      })),
      ...tables.map(({ name }) => ({
        '@type': 'cr:FileSet',
        '@id': `${name}-files`,
        name: `${name}-files`,
        encodingFormat: PARQUET,
        includes: `${name}/*.parquet`,
      })),
    ],
    recordSet: tables.map(({ name, columns, description }) => ({
      '@type': 'cr:RecordSet',
      '@id': name,
      name,
      description,
      // A function that several records held has several rows in the ledger.
      ...(name === 'ledger' ? {} : { key: { '@id': `${name}/id` } }),
      field: Object.entries(columns)
        .filter(([, type]) => dataType(type) !== null)
        .map(([column, type]) => field(name, column, type)),
    })),
  };
}
