// Folders, file by file in the order of their paths' bytes, holding the names of one folder per level at a time.
import { readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { unreadable } from './failure.ts';

/** Far above any source tree; a walk that finds more went astray. */
const FILES_MAX = 10_000_000;
/** Below any limit of a file system; deeper is a loop that links made. */
const DEPTH_MAX = 200;

export interface WalkedFolder {
  /** Relative to the root with a slash at its end; empty for the root. */
  readonly path: string;
  /** Names of its plain files, in order. */
  readonly files: readonly string[];
}

export interface WalkedFile<Facts> {
  /** Relative to the root, with slashes. */
  readonly path: string;
  /** What `enter` said of its folder. */
  readonly facts: Facts;
}

export interface Walk<Facts> {
  readonly root: string;
  /** As the user wrote it, for messages. */
  readonly shown: string;
  /** Called for each folder before its files, with what was said of the one around it. */
  readonly enter: (folder: WalkedFolder, around: Facts | null) => Promise<Facts>;
}

const isHidden = (name: string): boolean => name.startsWith('.') || name === '__pycache__';

/** A folder sorts as its name with a slash: then a walk gives whole paths in their order. */
function ordered(entries: readonly Dirent[]): Dirent[] {
  const keyed = entries.map((entry) => ({
    entry,
    key: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name, 'utf8'),
  }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

/** Plain files; what begins with a dot, caches and links are passed over. */
export async function* walkFiles<Facts>(walk: Walk<Facts>): AsyncGenerator<WalkedFile<Facts>> {
  let count = 0;
  async function* below(
    path: string,
    around: Facts | null,
    depth: number,
  ): AsyncGenerator<WalkedFile<Facts>> {
    if (depth > DEPTH_MAX)
      throw unreadable(walk.shown, `has folders more than ${String(DEPTH_MAX)} deep`);
    const entries = ordered(await readdir(join(walk.root, path), { withFileTypes: true }));
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const facts = await walk.enter({ path, files }, around);
    for (const entry of entries) {
      if (isHidden(entry.name)) continue;
      if (entry.isDirectory()) yield* below(`${path}${entry.name}/`, facts, depth + 1);
      if (!entry.isFile()) continue;
      count += 1;
      if (count > FILES_MAX) {
        throw unreadable(walk.shown, `holds more than ${String(FILES_MAX)} files; name its parts`);
      }
      yield { path: `${path}${entry.name}`, facts };
    }
  }
  yield* below('', null, 0);
}

/** Facts of a walk that needs none. */
export const noFacts = (): Promise<null> => Promise.resolve(null);
