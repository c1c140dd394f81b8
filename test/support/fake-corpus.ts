// The corpora of jobs without Temporal and Docker: records that say what ingest finds in them.
import type { IngestRow } from '../../src/contract/sealed-rows.ts';
import { astDigestOf, canonicalJson, functionIdOf, inputIdOf } from '../../src/identity/digest.ts';

/** One record of the corpus: its functions, each by name with the calls that it is given. */
export interface FakeRecord {
  readonly label: string;
  /** Makes the record a reject. */
  readonly reject?: 'not-json';
  readonly functions?: readonly FakeFunction[];
}

export interface FakeFunction {
  readonly name: string;
  /** Functions with one tree count as duplicates; by default each has its own. */
  readonly tree?: string;
  readonly body?: string;
  readonly repository?: string;
  /** The item of a benchmark that it is, where the spec names one. */
  readonly isItem?: string;
  readonly calls: readonly string[];
}

/** What the pass ingest would find in it. */
export function ingestRowsOf(record: FakeRecord, index: number): IngestRow[] {
  const none = { parent_id: null, ast_digest: null, origin: null, payload: null } as const;
  const of = {
    ...none,
    unit: 'record',
    id: record.label,
    record_index: index,
    position: 0,
  } as const;
  if (record.reject !== undefined) {
    return [{ ...of, outcome: 'rejected', reasons: [record.reject] }];
  }
  const rows: IngestRow[] = [{ ...of, outcome: 'parsed', reasons: [] }];
  for (const [position, made] of (record.functions ?? []).entries()) {
    rows.push(...functionRowsOf(record.label, made, { record_index: index, position }));
  }
  return rows;
}

function functionRowsOf(
  label: string,
  made: FakeFunction,
  base: Pick<IngestRow, 'record_index' | 'position'>,
): IngestRow[] {
  const source = `def ${made.name}(x):\n    ${made.body ?? 'return x'}\n`;
  const functionId = functionIdOf('source', source, made.name);
  const provenance = {
    label,
    ...{ repository: made.repository ?? null, path: label.split(':')[0] ?? null, commit: null },
    ...{ qualname: made.name, license: null, licenseSource: null, lineStart: 1, lineEnd: 2 },
  };
  const payload = { kind: 'source', entry: made.name, source, provenance };
  const found = { ast_digest: null, outcome: 'found', reasons: [], origin: null } as const;
  return [
    {
      ...base,
      ...found,
      unit: 'function',
      id: functionId,
      parent_id: label,
      ast_digest: astDigestOf(`source ${made.tree ?? source}`),
      payload: canonicalJson(payload),
    },
    ...made.calls.map((call, position): IngestRow => {
      const input = { setup: '', call, stdin: '' };
      return {
        ...base,
        ...found,
        position,
        origin: 'given',
        unit: 'input',
        id: inputIdOf(input),
        parent_id: functionId,
        payload: canonicalJson({ ...input, origin: 'given', llmModel: null }),
      };
    }),
  ];
}

/** A corpus with every fate that the data side decides. */
export const RECORDS: readonly FakeRecord[] = [
  {
    label: 'fake.jsonl:1',
    functions: [{ name: 'f', calls: ['f(1)', 'f(2)', 'f(1)', 'f(3)', 'f(4)'] }],
  },
  { label: 'fake.jsonl:2', reject: 'not-json' },
  {
    label: 'fake.jsonl:3',
    functions: [{ name: 'g', tree: 'same tree', calls: ['g(0)', 'g(raise)'] }],
  },
  { label: 'fake.jsonl:4', functions: [{ name: 'h', tree: 'same tree', calls: ['h(0)'] }] },
  { label: 'fake.jsonl:5', functions: [{ name: 'quiet', calls: [] }] },
  { label: 'fake.jsonl:6', functions: [{ name: 'merged', calls: ['merged(1)'] }] },
  {
    label: 'fake.jsonl:7',
    functions: [
      { name: 'twice', calls: ['twice(same)', 'twice(same, same)', 'twice(cut)'] },
      { name: 'odd', calls: ['odd(random)', 'odd(fault)', 'odd(5)'] },
    ],
  },
  { label: 'fake.jsonl:8', functions: [{ name: 'merged', calls: ['merged(1)', 'merged(2)'] }] },
];
