// What a launch lends to the readers of corpora, for tests that call them without a command.
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LaunchTools, LocalCorpus } from '../../src/corpus/port.ts';
import { openRowFile } from '../../src/store/row-file.ts';

/** A spool and a cache below `folder`; no bucket and no index unless given. */
export async function launchTools(
  folder: string,
  changes: Partial<LaunchTools> = {},
): Promise<LaunchTools> {
  await mkdir(folder, { recursive: true });
  return {
    spool: await mkdtemp(join(folder, 'spool-')),
    packageIndex: {
      url: 'http://127.0.0.1:9/',
      username: null,
      password: null,
      cache: join(folder, 'packages'),
    },
    openParquet: openRowFile,
    openBucket: () => Promise.reject(new Error('no bucket in this test')),
    ...changes,
  };
}

/** A folder of its own for tools beside what a test packs. */
export function toolsFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'tracemill-tools-'));
}

export async function bytesOf(corpus: LocalCorpus): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of corpus.open()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The lines of a corpus object as values. */
export async function linesOf(corpus: LocalCorpus): Promise<Record<string, unknown>[]> {
  const text = (await bytesOf(corpus)).toString('utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}
