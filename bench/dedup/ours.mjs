// One run of the join over all bands in a process of its own, so that its memory is its own. Prints one JSON document.
// ours.mjs TEXTS.jsonl TASKS LEVEL...
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { built } from '../lib/services.mjs';

const { BANDS } = await built('src/unique/minhash.js');
const { nearEdges } = await built('src/unique/near-join.js');
const { UnionFind } = await built('src/unique/union-find.js');

const SHINGLES_MAX = 1 << 24;
const [path, tasks, ...levels] = process.argv.slice(2);
const options = { levels: levels.map(Number), shinglesMax: SHINGLES_MAX };

async function* texts() {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) yield JSON.parse(line);
}

let count = 0;
for await (const _ of texts()) count += 1;
const before = process.cpuUsage();
const groups = new UnionFind(count);
const strictest = options.levels.at(-1);
for (let task = 0; task < Number(tasks); task += 1) {
  const bands = Array.from({ length: BANDS }, (_, band) => band).filter(
    (band) => band % Number(tasks) === task,
  );
  for await (const { a, b, shared, total } of nearEdges(texts, { ...options, bands })) {
    if (shared / total >= strictest) groups.join(a, b);
  }
}
const { user, system } = process.cpuUsage(before);
const roots = Array.from({ length: count }, (_, place) => groups.root(place));
const found = new Set(roots).size;
const memory = process.resourceUsage().maxRSS * 1024;
const answer = { seconds: (user + system) / 1e6, groups: found, memory, roots };
process.stdout.write(`${JSON.stringify(answer)}\n`);
