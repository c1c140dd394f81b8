// The documents of a set: what they say is what the set holds, for whoever reads them, whatever was in the corpus.
import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../../src/contract/row.ts';
import { StatisticsCount, mergeStatistics } from '../../../src/core/set-statistics.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { croissant } from '../../../src/store/card/croissant.ts';
import { ExampleDraw } from '../../../src/store/card/examples.ts';
import { plain } from '../../../src/store/card/text.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import type { SetManifest } from '../../../src/store/manifest.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { LEDGER, TRACES } from '../../../src/store/tables.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'sets/fake/v1/';
/** A record whose names would be markup, links and commands. */
const HOSTILE: FakeRecord = {
  label: 'a|b<script>`x`.jsonl:1',
  functions: [{ name: 'evil', calls: ['evil("</details>|![x](http://x)", cut)'] }],
};

const store = new MemoryStore();
let manifest: SetManifest;
const textOf = async (file: string): Promise<string> =>
  Buffer.from(await store.get(`${FOLDER}${file}`)).toString('utf8');

beforeAll(async () => {
  await runJob({ store, records: [...RECORDS, HOSTILE], batchSize: 3 });
  manifest = await readSetManifest(store, 'fake@v1');
});

describe('the data card', () => {
  it('says what the manifest counts, and lists every file with its digest', async () => {
    const card = await textOf('README.md');
    const { counts, objects } = manifest;
    expect(card).toContain(`| accepted, in \`traces/\` | ${String(counts.accepted)} |`);
    for (const [reason, rows] of Object.entries(counts.byReason)) {
      expect(card).toMatch(new RegExp(`\\| \`${reason}\` \\| [a-z]+ \\| ${String(rows)} \\|`));
    }
    for (const { key, digest } of objects) {
      if (key !== 'README.md') expect(card).toContain(`| \`${key}\` |`);
      if (key !== 'README.md') expect(card).toContain(digest);
    }
  });

  it('has the resolved spec and the policy, and no name of a job, set or host', async () => {
    const card = await textOf('README.md');
    const block = /## Spec[\s\S]*?```json\n([\s\S]*?)```/.exec(card)?.[1] ?? '';
    const { name, output, require, ...decisive } = manifest.spec;
    expect(JSON.parse(block)).toMatchObject({ ...decisive, policy: { name: 'default@1' } });
    expect([name, output.set, require]).toEqual([expect.any(String), 'fake@v1', expect.anything()]);
    for (const word of [output.set, manifest.jobId, manifest.host])
      expect(card).not.toContain(word);
  });

  it('counts statistics of the rows that are there', async () => {
    const rows = await readTable(
      TRACES,
      await store.get(`${FOLDER}traces/train-00000-of-00001.parquet`),
    );
    const card = await textOf('README.md');
    const events = rows.reduce((sum, row) => sum + row.n_events, 0);
    expect(card).toContain(`| events | ${String(events)} | ${(events / rows.length).toFixed(1)} |`);
    expect(card).toMatch(/```text\nsteps +rows\n2 to 3 +\d+ +100\.0 % +█+\n```/);
  });

  it('takes nothing of the corpus for markup', async () => {
    const card = await textOf('README.md');
    expect(card).not.toContain('<script>');
    expect(card.match(/<\/details>/g)).toHaveLength(card.match(/<details>/g)?.length ?? 0);
    expect(plain('a|b\n`<x>`')).toBe('a&#124;b &#96;&#60;x&#62;&#96;');
  });
});

describe('examples.jsonl', () => {
  it('has rows of every reason that the ledger has, with the published row where there is one', async () => {
    const lines = (await textOf('examples.jsonl')).trimEnd().split('\n');
    const examples = lines.map(
      (line) => JSON.parse(line) as LedgerRow & { reason: string; trace: { id: string } | null },
    );
    expect([...new Set(examples.map(({ reason }) => reason))].sort()).toEqual(
      Object.keys(manifest.counts.byReason).sort(),
    );
    for (const { reason, reasons, file, trace, id } of examples) {
      expect(reasons).toContain(reason);
      expect(trace?.id ?? null).toBe(file === null ? null : id);
    }
  });

  it('is the same draw whatever parts it was drawn from, and never more than twenty of a reason', async () => {
    const links = Array.from({ length: 100 }, (_, at): LedgerRow => {
      const base = {
        unit: 'invocation',
        parent_id: 'p',
        stage: 'refine',
        outcome: 'raised',
      } as const;
      const end = {
        verdict: 'rejected',
        keeper_id: null,
        file: null,
        row: null,
        origin: null,
      } as const;
      return {
        ...base,
        ...end,
        id: String(at),
        reasons: at % 3 === 0 ? ['raised', 'secret'] : ['raised'],
      };
    });
    const whole = new ExampleDraw();
    const parts = [new ExampleDraw(), new ExampleDraw(), new ExampleDraw()];
    for (const [at, link] of links.entries()) {
      whole.add(link);
      parts[at % 3]?.add(link);
    }
    const merged = new ExampleDraw();
    for (const part of parts) for (const example of part.finish()) merged.addExample(example);
    expect(merged.finish()).toEqual(whole.finish());
    expect(whole.finish().map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 20 }, () => 'raised'),
      ...Array.from({ length: 20 }, () => 'secret'),
    ]);
    const rows = await readTable(
      LEDGER,
      await store.get(`${FOLDER}ledger/train-00000-of-00001.parquet`),
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});

it('statistics of parts add up to those of the whole', async () => {
  const rows = await readTable(
    TRACES,
    await store.get(`${FOLDER}traces/train-00000-of-00001.parquet`),
  );
  const whole = new StatisticsCount();
  const parts = new Map<string, StatisticsCount>();
  for (const row of rows) {
    const varied = { ...row, n_events: row.input_index * 1000, line_coverage: row.input_index / 4 };
    whole.add(varied);
    const part = parts.get(row.function_id) ?? new StatisticsCount();
    parts.set(row.function_id, part);
    part.add(varied);
  }
  expect(mergeStatistics([...parts.values()].map((part) => part.finish()))).toEqual(whole.finish());
  expect(mergeStatistics([])).toEqual(new StatisticsCount().finish());
});

describe('croissant.json', () => {
  type Node = Readonly<Record<string, unknown>>;
  const read = async (): Promise<Readonly<Record<'distribution' | 'recordSet', Node[]>> & Node> =>
    JSON.parse(await textOf('croissant.json')) as never;

  it('names every file with its digest, and a record set with every column of each table', async () => {
    const document = await read();
    expect(document['conformsTo']).toBe('http://mlcommons.org/croissant/1.0');
    const files = document.distribution.filter((node) => node['@type'] === 'cr:FileObject');
    const digests = new Map(files.map((node) => [node['contentUrl'], node['sha256']]));
    const others = manifest.objects.filter(
      ({ key }) => key !== 'README.md' && key !== 'croissant.json',
    );
    expect(digests).toEqual(new Map(others.map(({ key, digest }) => [key, digest])));
    const [traces] = document.recordSet;
    const fields = traces?.['field'] as Node[];
    expect(fields.map((field) => field['name'])).toEqual(
      Object.keys(TRACES.columns).map((name) => `traces/${name}`),
    );
  });

  it('refers to nothing that it does not define', async () => {
    const defined: string[] = [];
    const referred: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const node = value as Node;
      const id = node['@id'];
      if (typeof id === 'string') (node['@type'] === undefined ? referred : defined).push(id);
      Object.values(node).forEach(walk);
    };
    const { distribution, recordSet } = await read();
    walk([distribution, recordSet]);
    expect(referred.length).toBeGreaterThan(50);
    expect(referred.filter((id) => !defined.includes(id))).toEqual([]);
    expect(new Set(defined).size).toBe(defined.length);
  });

  it('has the licences that rows have', () => {
    const objects = [
      { key: 'traces/a.parquet', bytes: 1, rows: 1, digest: sha256(''), rowsDigest: null },
    ];
    expect(croissant({ objects, licenses: ['MIT'] })).toMatchObject({ license: ['MIT'] });
  });
});
