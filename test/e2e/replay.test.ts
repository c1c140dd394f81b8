// One altered trace among many, which every digest of its set agrees with: only running it again tells. TEST_TRACES=10000 is
// the long form. The other commands over a finished job are tried on the same set.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDataServices } from '../../infra/dev/services.ts';
import type { TraceRow } from '../../src/contract/row.ts';
import { setPrefix } from '../../src/core/keys.ts';
import { rowDigestOf } from '../../src/identity/row-digest.ts';
import { readSetManifest } from '../../src/store/manifest.ts';
import { PublishedFile } from '../../src/store/published-table.ts';
import { S3Store } from '../../src/store/s3.ts';
import { jsonBytes } from '../../src/store/seal.ts';
import { entriesOf } from '../../src/store/set-files.ts';
import { readTable } from '../../src/store/table-file.ts';
import { TRACES } from '../../src/store/tables.ts';
import { cli, cliJson } from '../support/cli.ts';
import { testConfig, testLog, testServices } from '../support/services.ts';

const TRACES_WANTED = Number(process.env['TEST_TRACES'] ?? 60);
const CALLS = 5;
const BUCKET = 'replay';
const env = { TRACEMILL_BUCKET: BUCKET };
const SET = 'replayed@v1';
const LONG_MS = 3_600_000;

/** Loops and lists, each function with a constant of its own. */
const record = (at: number): string =>
  JSON.stringify({
    source: `def work(n):\n    seen = []\n    total = ${String(at)}\n    for step in range(n):\n        seen.append(step * total)\n        if step % 3 == 1:\n            total += len(seen)\n    if total == 4:\n        raise ValueError(n)\n    return seen\n`,
    entry: 'work',
    calls: Array.from({ length: CALLS }, (_, call) => `work(${String(call)})`),
  });

let folder = '';
let store: S3Store;
beforeAll(async () => {
  await testServices();
  folder = await mkdtemp(join(tmpdir(), 'tracemill-replay-'));
  const lines = Array.from({ length: TRACES_WANTED / CALLS }, (_, at) => record(at));
  await writeFile(join(folder, 'functions.jsonl'), `${lines.join('\n')}\n`);
  const document = {
    ...{ specVersion: 1, name: 'replayed', unique: { exact: 'source', near: 'off' } },
    corpus: [{ kind: 'jsonl', at: 'functions.jsonl' }],
    confirm: { invocations: 'all', replayWithReference: '10%' },
  };
  await writeFile(join(folder, 'spec.json'), JSON.stringify(document));
  await cliJson(['launch', join(folder, 'spec.json'), '--watch'], { env });
  const { s3 } = await ensureDataServices(testConfig(), testLog());
  store = new S3Store({ ...s3, bucket: BUCKET });
}, LONG_MS);
afterAll(async () => {
  store[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

interface Verified {
  readonly holds: boolean;
  readonly replay: {
    readonly drawn: number;
    readonly agreed: number;
    readonly disagreed: number;
    readonly skipped: number;
    readonly disagreements: readonly { readonly id: string; readonly differs: readonly string[] }[];
    readonly record: string;
  } | null;
}

async function verified(...options: readonly string[]): Promise<Verified> {
  const { stdout } = await cli(['verify', SET, '--json', ...options], { env });
  return JSON.parse(stdout) as Verified;
}

/** The forger's work: one value of one row's events, and every digest made to fit. */
async function alterOneRow(): Promise<TraceRow> {
  const manifest = await readSetManifest(store, SET);
  const [entry] = entriesOf({ store, manifest }, 'traces').filter(({ rows }) => rows > 0);
  if (entry === undefined) throw new Error('the set has no traces');
  const key = `${setPrefix(SET)}${entry.key}`;
  const rows = await readTable(TRACES, await store.get(key));
  const at = rows.findIndex((row) => row.n_events > 12);
  const made = new PublishedFile(TRACES);
  for (const [index, row] of rows.entries()) {
    if (index !== at) {
      made.add(row);
      continue;
    }
    const events = row.events.replace(/"step":"1"/, '"step":"7"');
    expect(events).not.toBe(row.events);
    made.add({ ...row, events, row_digest: rowDigestOf({ ...row, events }) });
  }
  const { body, ...facts } = made.finish();
  const objects = manifest.objects.map((each) =>
    each.key === entry.key ? { ...each, ...facts } : each,
  );
  await store.delete(key);
  await store.putIfAbsent(key, body);
  await store.delete(`${setPrefix(SET)}manifest.json`);
  await store.putIfAbsent(`${setPrefix(SET)}manifest.json`, jsonBytes({ ...manifest, objects }));
  const altered = rows[at];
  if (altered === undefined) throw new Error('no row is long enough');
  return altered;
}

test('a job whose spec asks for it has replayed a tenth of its rows when it ends', async () => {
  const { jobId, counts } = await readSetManifest(store, SET);
  const key = `jobs/${jobId}/revisions/1/verifications/1.json`;
  const report = JSON.parse(
    Buffer.from(await store.get(key)).toString('utf8'),
  ) as Verified['replay'];
  expect(report).toMatchObject({ disagreed: 0, skipped: 0 });
  expect(report?.drawn).toBeGreaterThan(0);
  expect(report?.drawn).toBeLessThan(counts.rowsPublished / 3);
});

test(
  'a version under another policy is judged, published, compared, drawn from and exported',
  async () => {
    const policy = join(folder, 'long.yaml');
    await writeFile(policy, 'policyVersion: 1\nname: long@1\nsteps: { min: 9 }\n');
    const judged = (await cliJson(['judge', 'replayed', '--policy', policy], { env })) as {
      rowsIn: number;
      rowsOut: number;
    };
    expect(judged).toMatchObject({ rowsIn: 0 });
    expect(judged.rowsOut).toBeGreaterThan(0);
    await cliJson(['publish', 'replayed', '--as', 'replayed@v2'], { env });
    await cliJson(['status', 'replayed', '--watch'], { env });
    const { counts } = await readSetManifest(store, 'replayed@v2');
    expect(counts.byReason).toMatchObject({ 'too-few-steps': judged.rowsOut });
    expect(await cliJson(['diff', SET, 'replayed@v2'], { env })).toMatchObject({
      changes: [{ change: 'removed', why: 'it is rejected: too-few-steps', rows: judged.rowsOut }],
    });
    const sample = ['sample', 'replayed@v2', '--reason', 'too-few-steps', '-n', '3'];
    expect(await cliJson(sample, { env })).toMatchObject({ found: judged.rowsOut });
    const to = join(folder, 'out');
    await cliJson(['export', 'replayed@v2', '--to', to, '--as', 'jsonl'], { env });
    expect(await readFile(join(to, 'SHA256SUMS'), 'utf8')).toMatch(/ {2}manifest\.json\n$/);
  },
  LONG_MS,
);

test(
  `verify --replay finds one altered trace among ${String(TRACES_WANTED)}, which nothing else finds`,
  async () => {
    const before = await verified('--replay', TRACES_WANTED > 1_000 ? '1%' : '50%');
    expect(before).toMatchObject({ holds: true, replay: { disagreed: 0 } });
    const row = await alterOneRow();
    expect((await verified()).holds).toBe(true);
    const found = await verified('--replay', '100%');
    const { counts } = await readSetManifest(store, SET);
    expect(found.holds).toBe(false);
    expect(found.replay).toMatchObject({
      drawn: counts.rowsPublished,
      agreed: counts.rowsPublished - 1,
      disagreements: [{ id: row.id, differs: ['events'] }],
    });
    expect(await store.head(found.replay?.record ?? '')).not.toBeNull();
  },
  LONG_MS,
);
