// Clusters at 0.5 and the closest pair across a split, in a process of their own. Prints one JSON document.
// split.mjs TEXTS.jsonl SHARE
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { built } from '../lib/services.mjs';

const { CLUSTER_BANDS, CLUSTER_BAND_HASHES } = await built('src/unique/minhash.js');
const { nearEdges } = await built('src/unique/near-join.js');
const { closestPair } = await built('src/unique/closest.js');
const { UnionFind } = await built('src/unique/union-find.js');

const LEVEL = 0.5;
const SHINGLES_MAX = 1 << 24;
const [path, share] = process.argv.slice(2);

async function* texts() {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) yield JSON.parse(line);
}

let count = 0;
for await (const _ of texts()) count += 1;

function secondsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const begun = process.cpuUsage();
const clusters = new UnionFind(count);
const bands = Array.from({ length: CLUSTER_BANDS }, (_, band) => band);
const join = { bands, hashes: CLUSTER_BAND_HASHES, levels: [LEVEL], shinglesMax: SHINGLES_MAX };
for await (const { a, b } of nearEdges(texts, join)) clusters.join(a, b);
const clustering = secondsSince(begun);

const every = Math.round(1 / Number(share));
const measured = process.cpuUsage();
let missed = 0;
const { best, compared } = await closestPair(texts, {
  isIndexed: (place) => clusters.root(place) % every === 0,
  level: LEVEL,
  shinglesMax: SHINGLES_MAX,
  onPair: () => {
    missed += 1;
  },
});
const answer = {
  ...{ clustering, comparing: secondsSince(measured), compared, missed },
  highest: best === null ? 0 : best.shared / best.total,
  memory: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
