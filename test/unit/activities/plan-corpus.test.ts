// How the corpus of a job is cut, by a job and by a dry run of it.
import { expect, it } from 'vitest';
import { writeCorpusPlan } from '../../../activities/plan-corpus.ts';
import type { CorpusSource } from '../../../src/contract/spec.ts';
import { corpusKey, libraryKey, planKey } from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const JOB = sha256('job');
const ENVIRONMENT = sha256('environment');
const AT = { jobId: JOB, environment: ENVIRONMENT, batchSize: 2 };

const bytesOf = (...lines: readonly object[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'utf8');

async function libraryIn(store: MemoryStore): Promise<CorpusSource> {
  const asked = bytesOf({ modules: ['*'] });
  const digest = sha256(asked);
  await store.putIfAbsent(corpusKey(digest), asked);
  return { kind: 'stdlib', name: 'stdlib', digest, map: {} };
}

it('what is cut of the library is its listing, not the line that asks for it', async () => {
  const store = new MemoryStore();
  const corpus = [await libraryIn(store)];
  expect(await writeCorpusPlan(store, AT, { corpus })).toBeNull();

  const modules = ['bisect', 'colorsys', 'heapq'];
  const listing = bytesOf(...modules.map((module) => ({ module, path: `${module}.py` })));
  await store.putIfAbsent(libraryKey(JOB, ENVIRONMENT, 0), listing);
  const written = await writeCorpusPlan(store, AT, { corpus });
  const records = written?.plan.batches.map((batch) => batch.records);
  expect(records?.reduce((sum, each) => sum + each, 0)).toBe(3);
  const stored = await store.get(planKey(JOB, 'ingest', written?.digest ?? ''));
  expect(sha256(stored)).toBe(written?.digest);
});
