// A worker is killed with SIGKILL at each of the points of a batch at which it can be lost. The points are seen from
// outside, in what the worker asks of the store and in the processes of its sandbox.
import { beforeAll, test } from 'vitest';
import { openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { listsParts, writesPart, writesTrace, writesTracePage } from './rules.ts';
import { survivesKill, survivesKillWithin } from './scenes.ts';
import type { KillPoint } from './scenes.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

const POINTS: readonly (KillPoint & { readonly point: string })[] = [
  { point: 'before the first function', name: 'before', when: listsParts, kind: 'before' },
  { point: 'after the last function', name: 'last', when: writesPart, kind: 'before' },
  { point: 'when its part is durable', name: 'part', when: writesPart, kind: 'after' },
  { point: 'when its object is sealed', name: 'sealed', when: writesTrace, kind: 'after' },
  {
    point: 'when its page is written and the workflow does not know',
    name: 'page',
    when: writesTracePage,
    kind: 'after',
  },
];

test.each(POINTS.map((point) => [point.point, point] as const))(
  'a worker killed %s costs an attempt and no byte',
  async (_, point) => {
    await survivesKill(rig, point);
  },
);

test('a worker killed in the middle of a function costs an attempt and no byte', async () => {
  await survivesKillWithin(rig, 'trace');
});
