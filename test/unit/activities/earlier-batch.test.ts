// The pass earlier over a published set in memory and a sandbox that answers at once: each function is read once, wherever windows
// of rows end, and a worker that drains keeps what it has done.
import { expect, it } from 'vitest';
import type { ContentKey } from '../../../src/contract/ids.ts';
import { specKey } from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { jsonBytes } from '../../../src/store/seal.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { EARLIER } from '../../../src/store/tables.ts';
import { runEarlier } from '../../support/fake-earlier.ts';
import type { EarlierSteps } from '../../support/fake-earlier.ts';
import { SPEC, prepareJob, publishJob } from '../../support/fake-job.ts';
import type { PreparedJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** With twenty rows each: windows of 1,024 rows end inside of functions, and the third one begins a second part. */
const FUNCTIONS = 105;
const CALLS = 20;
const names = Array.from({ length: FUNCTIONS }, (_, at) => `f${String(at)}`);

async function publishedStore(): Promise<{ store: MemoryStore; at: PreparedJob }> {
  const store = new MemoryStore();
  const records = names.map((name, at) => ({
    label: `fake.jsonl:${String(at + 1)}`,
    functions: [{ name, calls: Array.from({ length: CALLS }, (_, n) => `${name}(${String(n)})`) }],
  }));
  const inputs = { ...SPEC.inputs, keep: CALLS };
  const at = await prepareJob({ store, records, batchSize: 100, spec: { inputs } });
  await publishJob(at);
  return { store, at };
}

it(
  'a worker that drains keeps what it has read, and the object is that of a calm run',
  { timeout: 60_000 },
  async () => {
    const { store, at } = await publishedStore();
    const unique = { ...SPEC.unique, against: ['fake@v1'] };
    const run = async (name: string, steps: EarlierSteps) => {
      const jobId = sha256(name);
      await store.putIfAbsent(specKey(jobId), jsonBytes({ ...SPEC, unique }));
      const step = { ...at, jobId, specKey: specKey(jobId) };
      return await runEarlier(step, 0, { trees: (source) => source, ...steps });
    };
    const sealed = async (): Promise<[ContentKey, Uint8Array]> => {
      const keys: string[] = [];
      for await (const { key } of store.list('content/earlier/')) keys.push(key);
      expect(keys).toHaveLength(1);
      const [key = ''] = keys;
      return [key as ContentKey, await store.get(key)];
    };
    const whole = await run('calm', {});
    expect(whole.result).toMatchObject({ how: 'sealed', counts: { functionsEarlier: FUNCTIONS } });
    const [key, bytes] = await sealed();
    const rows = await readTable(EARLIER, bytes, key);
    expect(new Set(rows.map(({ function_id }) => function_id)).size).toBe(FUNCTIONS);
    expect(rows.every(({ ast_digest }) => ast_digest !== null)).toBe(true);

    await store.delete(key);
    const stop = new AbortController();
    const first = await run('drained', {
      drain: stop.signal,
      onAnalyze: (asked) => {
        if (asked === 1) stop.abort();
      },
    });
    expect(first.result.how).toBe('yielded');
    const second = await run('drained', {});
    expect(second.result).toEqual(whole.result);
    expect(second.asked).toBe(whole.asked - first.asked);
    const [sameKey, sameBytes] = await sealed();
    expect(sameKey).toBe(key);
    expect(Buffer.compare(sameBytes, bytes)).toBe(0);
  },
);
