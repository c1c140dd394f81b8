// The Python of docs/data-set.md makes every id and digest of a published row again.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TRACE_COLUMNS } from '../../../src/contract/tables.ts';
import { digestOf } from '../../../src/identity/digest.ts';
import { pathDigestOf, pathTextDigest, rowsDigestOf } from '../../../src/identity/row-digest.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { TRACES } from '../../../src/store/tables.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const PAGE = readFileSync(new URL('../../../docs/data-set.md', import.meta.url), 'utf8');

const CHECK = `
import json, sys

told = json.load(sys.stdin)
made = []
for row in told["rows"]:
    function_id = digest("function", [row["kind"], row["source"], row["entry"]])
    fields = [function_id, row["input_id"], row["granularity"], row["scope"], row["limits"]]
    row_id = digest("row", [digest("invocation", fields), row["environment"]])
    steps = [[e["kind"], str(e["frame"]), str(e["line"])] for e in json.loads(row["events"])]
    names = [name for name in told["columns"] if name != "row_digest"]
    made.append([
        function_id,
        row_id,
        digest("path", [field for step in steps for field in step]),
        digest("trace-row", [cell for name in names for cell in cells(row[name])]),
    ])
types = [f"{name} {kind}" for name, kind in told["columns"].items()]
rows = [cell for row in told["rows"] for name in told["columns"] for cell in cells(row[name])]
print(json.dumps({"rows": made, "all": digest("rows", types + rows)}))
`;

describe('the digests of a published file', () => {
  it('are made again by the Python of the page', async () => {
    const store = new MemoryStore();
    await runJob({ store, records: RECORDS, batchSize: 3 });
    const body = await store.get('sets/fake/v1/traces/train-00000-of-00001.parquet');
    const rows = await readTable(TRACES, body);
    const blocks = [...PAGE.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code ?? '');
    const answer = execFileSync('python3', ['-c', [...blocks, CHECK].join('\n')], {
      input: JSON.stringify({ columns: TRACE_COLUMNS, rows }),
      encoding: 'utf8',
    });
    const manifest = JSON.parse(
      Buffer.from(await store.get('sets/fake/v1/manifest.json')).toString('utf8'),
    ) as { objects: { key: string; rowsDigest: string }[] };
    expect(JSON.parse(answer)).toEqual({
      rows: rows.map((row) => [row.function_id, row.id, row.path_digest, row.row_digest]),
      all: manifest.objects.find((entry) => entry.key.startsWith('traces/'))?.rowsDigest,
    });
  });
});

describe('fields that are digested together', () => {
  const framed = (fields: readonly string[]): string => {
    const hash = createHash('sha256');
    for (const field of fields) hash.update(`${String(Buffer.byteLength(field))}:`).update(field);
    return hash.digest('hex');
  };
  // Short and long ones, and halves of a surrogate pair that must not meet.
  const texts = [
    '',
    'a',
    'ä€😀',
    '\ud83d',
    '\ude00',
    'x'.repeat(4_096),
    'y'.repeat(5_000),
    '\ud83d',
  ];

  it('have the digest of each by itself', () => {
    expect(digestOf('some', texts)).toBe(framed(['tracemill/some/1', ...texts]));
    const cells = texts.flatMap((text) => [`s${text}`, 'i7']);
    const rows = texts.map((text) => ({ text, number: 7 }));
    const columns = { text: 'string', number: 'int32' } as const;
    expect(rowsDigestOf(columns, rows)).toBe(
      framed(['tracemill/rows/1', 'text string', 'number int32', ...cells]),
    );
  });

  it('of a path are those of its steps', () => {
    const steps = Array.from({ length: 900 }, (_, at) => ({ kind: 'line', frame: 1, line: at }));
    const text = steps.map(({ kind, frame, line }) => [kind, frame, line].join(' ')).join('\n');
    expect(pathTextDigest(text)).toBe(pathDigestOf(steps));
    expect(pathTextDigest('')).toBe(pathDigestOf([]));
  });
});
