// A published set as its users load it: by datasets, pandas, DuckDB, Polars and mlcroissant, each on a Python of its own.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/contract/tables.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { LEDGER, REJECTED, TEXT, TRACES } from '../../../src/store/tables.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { pythonVenv } from '../../support/python-venv.ts';

const PACKAGES = [
  'datasets==5.2.0',
  'pandas==3.1.1',
  'duckdb==2.0.1',
  'polars==2.1.0',
  'mlcroissant==1.1.1',
];
const SCRIPT = fileURLToPath(new URL('load_set.py', import.meta.url));
const PREFIX = 'sets/fake/v1/';

/** How each library that has a schema of its own says a type of ours. */
const TYPES: Readonly<Record<'datasets' | 'duckdb' | 'polars', Readonly<Record<string, string>>>> =
  {
    datasets: {
      string: 'string',
      int32: 'int32',
      bool: 'bool',
      float32: 'float',
      strings: 'list<item: string>',
      spans: 'list<item: struct<start: int32, end: int32>>',
    },
    duckdb: {
      string: 'VARCHAR',
      int32: 'INTEGER',
      bool: 'BOOLEAN',
      float32: 'FLOAT',
      strings: 'VARCHAR[]',
      spans: 'STRUCT("start" INTEGER, "end" INTEGER)[]',
    },
    polars: {
      string: 'String',
      int32: 'Int32',
      bool: 'Boolean',
      float32: 'Float32',
      strings: 'List(String)',
      spans: "List(Struct({'start': Int32, 'end': Int32}))",
    },
  };

type TableName = 'traces' | 'rejected' | 'ledger' | 'text';
const NAMES: readonly TableName[] = ['traces', 'rejected', 'ledger', 'text'];

interface Found {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly types: Readonly<Record<string, string>> | null;
  readonly digest: string;
}
type Loaded = Readonly<Record<string, Readonly<Record<TableName, Found>>>>;

const store = new MemoryStore();
let folder: string;
let loaded: Loaded;

beforeAll(async () => {
  const render = [{ format: 'cwm', context: 8192 }] as const;
  await runJob({ store, records: RECORDS, batchSize: 3, spec: { render } });
  folder = await mkdtemp(join(tmpdir(), 'tracemill-readers-'));
  for await (const { key } of store.list(PREFIX)) {
    const path = join(folder, 'set', key.slice(PREFIX.length));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await store.get(key));
  }
  const venv = await pythonVenv('loaders', PACKAGES);
  const { stdout } = await promisify(execFile)(
    join(venv, 'bin', 'python'),
    [SCRIPT, join(folder, 'set')],
    {
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        HF_HOME: join(folder, 'hf'),
        HF_HUB_OFFLINE: '1',
      },
    },
  );
  loaded = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Loaded;
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const tables = { traces: TRACES, rejected: REJECTED, ledger: LEDGER, text: TEXT } as const;

/** Croissant has no type for a list of structures, so its document leaves such columns out. */
function columnsOf(name: TableName, library: string): string[] {
  const columns = Object.entries(tables[name].columns) as [string, ColumnType][];
  const told = columns.filter(([, type]) => library !== 'croissant' || type !== 'spans');
  return told.map(([column]) => column);
}

async function expected(name: TableName, columns: readonly string[]) {
  const table = tables[name] as typeof TRACES;
  const sha = createHash('sha256');
  let count = 0;
  for await (const { key } of store.list(`${PREFIX}${name}/`)) {
    const rows = await readTable(table, await store.get(key));
    count += rows.length;
    for (const row of rows) {
      const cells = columns.map((column) => row[column as keyof typeof row]);
      sha.update(`${JSON.stringify(cells)}\n`);
    }
  }
  return { rows: count, digest: sha.digest('hex') };
}

describe.each(['datasets', 'pandas', 'duckdb', 'polars', 'croissant'])('%s', (library) => {
  it.each(NAMES)('loads every cell of %s', async (name) => {
    const found = loaded[library]?.[name];
    const columns = columnsOf(name, library);
    expect(found?.columns).toEqual(columns);
    expect(found).toMatchObject(await expected(name, columns));
  });

  it.each(NAMES)('sees the frozen schema of %s', (name) => {
    const types = loaded[library]?.[name].types ?? null;
    if (types === null) return;
    const words = TYPES[library as keyof typeof TYPES];
    const columns = Object.entries(tables[name].columns) as [string, ColumnType][];
    const told = columns.map(([column, type]) => [column, words[type.replace('?', '')]]);
    expect(types).toEqual(Object.fromEntries(told));
  });
});
