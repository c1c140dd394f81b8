// One corpus, as launch and the workers read it: opened, sent as a stream, cut, and each batch read to records. Prints the
// records and the peak of its memory; run in a process of its own for each size.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from '../lib/services.mjs';

const [kind, path, index] = process.argv.slice(2);
const BATCH = 250;

/** Stands for the store: keeps the object in a file, which is how a bucket is read too. */
function fileStore(file) {
  return {
    head: async () => ({ bytes: (await stat(file)).size }),
    getRange: async (_key, from, to) => {
      const pieces = [];
      for await (const piece of createReadStream(file, { start: from, end: to - 1 }))
        pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

async function save(corpus, file) {
  const out = await open(file, 'w');
  for await (const piece of corpus.open()) await out.writeFile(piece);
  await out.close();
}

async function main(folder) {
  const { READERS, cut, readRecords } = await built('src/corpus/records.js');
  const { openRowFile } = await built('src/store/row-file.js');
  const tools = {
    spool: folder,
    packageIndex: { url: index, username: null, password: null, cache: join(folder, 'cache') },
    openParquet: openRowFile,
  };
  const place = { shown: path, path, glob: null, name: 'corpus', commit: null, map: {} };
  const [corpus] = await READERS[kind].openLocal(place, tools);
  const file = join(folder, 'object');
  await save(corpus, file);
  const store = fileStore(file);
  let records = 0;
  for (const range of await cut(store, corpus, BATCH)) {
    const bytes = await store.getRange('', range.fromByte, range.toByte);
    const source = { kind, name: 'corpus', map: {} };
    records += readRecords(source, bytes, range.firstRecord).filter(
      (reading) => reading.kind === 'record',
    ).length;
  }
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ records, peakMiB, bytes: corpus.bytes })}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'tracemill-bench-'));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true });
}
