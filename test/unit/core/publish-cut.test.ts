import { expect, it } from 'vitest';
import { gatheringOf, publishBatches } from '../../../src/core/publish-cut.ts';
import { shelvesOf } from '../../../src/store/publish-plan.ts';

it('a job of few batches publishes from them; a large one gathers about as many runs as it has batches', () => {
  expect(gatheringOf(1)).toBeNull();
  expect(gatheringOf(32)).toBeNull();
  expect(gatheringOf(33)).toEqual({ groupSize: 32, groups: 2, buckets: 32 });
  expect(gatheringOf(1_200)).toEqual({ groupSize: 35, groups: 35, buckets: 32 });
  expect(gatheringOf(40_000)).toEqual({ groupSize: 200, groups: 200, buckets: 128 });
  for (let batches = 33; batches < 200_000; batches = Math.ceil(batches * 1.3)) {
    const { groupSize, groups, buckets } = gatheringOf(batches) ?? {
      groupSize: 0,
      groups: 0,
      buckets: 0,
    };
    expect(groupSize * groups).toBeGreaterThanOrEqual(batches);
    expect(groups * buckets).toBeLessThanOrEqual(Math.max(64, batches + groupSize));
    expect(groups).toBeLessThanOrEqual(Math.max(32, Math.ceil(Math.sqrt(batches))));
  }
});

it('every file is made by one publish batch, and a batch of a bucket makes neighbours', () => {
  const parts = { traces: 64, rejected: 1, ledger: 16 };
  for (const gathering of [null, { groupSize: 32, groups: 2, buckets: 32 }]) {
    const batches = publishBatches(shelvesOf({ parts }), gathering);
    for (const table of ['traces', 'rejected', 'ledger'] as const) {
      const files = batches
        .filter((batch) => batch.table === table)
        .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
      expect(files).toEqual(Array.from({ length: parts[table] }, (_, at) => at));
    }
    expect(batches).toHaveLength(gathering === null ? 64 + 1 + 16 : 32 + 1 + 16);
  }
});
