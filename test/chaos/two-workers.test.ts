// One batch on two workers at once: the first one freezes, so that Temporal gives its batch to a second one, and wakes
// while the second one writes, or after all is published.
import { beforeAll, expect, test } from 'vitest';
import { Row, eventually, openRig, signal } from './rig.ts';
import type { Rig, WorkerProcess } from './rig.ts';
import { writesPart, writesTracePage } from './rules.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

test('two workers that write the parts of one batch at once make one set of bytes', async () => {
  const frozen = signal();
  const meets = signal();
  let first: WorkerProcess | null = null;
  await using row = await Row.open(rig, 'twice');
  const freeze = async (): Promise<'pass'> => {
    first?.freeze();
    frozen.give();
    await meets.came;
    return 'pass';
  };
  const slow = await row.proxy([
    { when: writesPart, times: 1, fault: { kind: 'before', run: freeze } },
  ]);
  first = await row.worker({ TRACEMILL_S3_ENDPOINT: slow.endpoint });
  await row.launch();
  await frozen.came;
  const key = slow.seen.findLast(writesPart)?.key ?? '';
  const thawed = first;
  const meet = (): Promise<'pass'> => {
    thawed.thaw();
    meets.give();
    return Promise.resolve('pass');
  };
  const isSame = (request: { method: string; key: string }): boolean =>
    request.method === 'PUT' && request.key === key;
  const fast = await row.proxy([{ when: isSame, times: 1, fault: { kind: 'before', run: meet } }]);
  await row.worker({ TRACEMILL_S3_ENDPOINT: fast.endpoint });
  await row.expectCalm();
  expect(slow.seen.filter(isSame)).toHaveLength(1);
  expect(fast.seen.filter(isSame)).toHaveLength(1);
});

test('a worker that wakes after its job was published changes nothing', async () => {
  const frozen = signal();
  const published = signal();
  let first: WorkerProcess | null = null;
  await using row = await Row.open(rig, 'late');
  const freeze = async (): Promise<'pass'> => {
    first?.freeze();
    frozen.give();
    await published.came;
    return 'pass';
  };
  const slow = await row.proxy([
    { when: writesPart, times: 1, fault: { kind: 'before', run: freeze } },
  ]);
  first = await row.worker({ TRACEMILL_S3_ENDPOINT: slow.endpoint });
  await row.launch();
  await frozen.came;
  await row.worker();
  await row.expectCalm();
  const pages = slow.seen.filter(writesTracePage).length;
  first.thaw();
  published.give();
  await eventually(() =>
    Promise.resolve(slow.seen.filter(writesTracePage).length > pages ? true : null),
  );
  await row.expectCalm();
  expect(first.isAlive).toBe(true);
});
