// A worker is killed while it looks for inputs: the search is made again, and finds the same.
import { beforeAll, test } from 'vitest';
import { openRig, searchingRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { writes } from './rules.ts';
import type { When } from './rules.ts';
import { survivesKill, survivesKillWithin } from './scenes.ts';
import type { KillPoint } from './scenes.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await searchingRig(await openRig());
});

const writesSearchPage: When = ({ method, key }) =>
  method === 'PUT' && key.includes('/ledger-pages/') && key.includes('/probe/');

const POINTS: readonly KillPoint[] = [
  { name: 'search-indexed', when: writes('index/probe/'), kind: 'after' },
  { name: 'search-sealed', when: writes('content/probe/'), kind: 'after' },
  { name: 'search-page', when: writesSearchPage, kind: 'after' },
];

test.each(POINTS)('a worker killed at $name costs an attempt and no byte', async (point) => {
  await survivesKill(rig, point);
});

test('a worker killed in the middle of a search costs an attempt and no byte', async () => {
  await survivesKillWithin(rig, 'probe');
});
