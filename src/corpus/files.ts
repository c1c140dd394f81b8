// Kind files: a folder of Python files, a glob over one, or one file. Launch packs it into an archive of one line per
// file, sorted by path, so that the same files give the same object on every machine.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import { archiveReader } from './archive-reader.ts';
import { fileLine, longLine, textOf } from './archive.ts';
import { empty, reading } from './failure.ts';
import { globMatcher } from './glob.ts';
import { licenseOfFolder, tellsLicense } from './license/folder.ts';
import { NO_LICENSE } from './license/metadata.ts';
import type { License } from './license/metadata.ts';
import { LICENSE_BYTES_MAX } from './license/texts.ts';
import type { CorpusPlace, CorpusReader, LaunchTools, LocalCorpus } from './port.ts';
import { Spool } from './spool.ts';
import { walkFiles } from './walk.ts';
import type { WalkedFolder } from './walk.ts';

/** The file as long as it was when it was opened, or its size where that is more than `max` bytes. */
export async function readAtMost(path: string, max: number): Promise<Buffer | number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > max) return size;
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length)
        return buffer.subarray(0, Math.min(length, size));
    }
  } finally {
    await file.close();
  }
}

/** What the folder's own files say of its licence, or that of the folder around it. */
async function licenseAt(
  root: string,
  folder: WalkedFolder,
  around: License | null,
): Promise<License> {
  const texts = new Map<string, string>();
  for (const name of folder.files.filter(tellsLicense)) {
    const bytes = await readAtMost(join(root, folder.path, name), LICENSE_BYTES_MAX);
    const text = typeof bytes === 'number' ? null : textOf(bytes);
    if (text !== null) texts.set(`${folder.path}${name}`, text);
  }
  return licenseOfFolder(texts, around ?? NO_LICENSE);
}

interface Found {
  readonly path: string;
  readonly license: License;
}

async function* folderFiles({ path: root, shown, glob }: CorpusPlace): AsyncGenerator<Found> {
  const fits = glob === null ? (): boolean => true : globMatcher(glob);
  const enter = (folder: WalkedFolder, around: License | null): Promise<License> =>
    licenseAt(root, folder, around);
  for await (const { path, facts: license } of walkFiles({ root, shown, enter })) {
    if (path.endsWith('.py') && fits(path)) yield { path, license };
  }
}

/** One file, with the licence of the folder that it stands in. */
async function* oneFile({ path }: CorpusPlace): AsyncGenerator<Found> {
  const folder = { path: '', files: (await readdir(dirname(path))).sort() };
  yield { path: basename(path), license: await licenseAt(dirname(path), folder, null) };
}

async function pack(root: string, found: AsyncIterable<Found>, spool: Spool): Promise<void> {
  for await (const { path, license } of found) {
    const origin = { path, repository: null, commit: null, license };
    const bytes = await readAtMost(join(root, path), SOURCE_BYTES_MAX);
    await spool.append(
      typeof bytes === 'number' ? longLine(origin, bytes) : fileLine(origin, bytes),
    );
  }
}

/** Throws AppError `corpus-missing`, `-unreadable` or `-empty`. */
async function openFiles(place: CorpusPlace, tools: LaunchTools): Promise<LocalCorpus[]> {
  return await reading(place.shown, async () => {
    const isFile = (await stat(place.path)).isFile();
    const root = isFile ? dirname(place.path) : place.path;
    const spool = await Spool.create(tools.spool, place.shown);
    try {
      await pack(root, isFile ? oneFile(place) : folderFiles(place), spool);
      if (spool.lines === 0) {
        throw empty(place.shown, 'holds no .py file; name another folder');
      }
      return [await spool.finish('files', basename(root))];
    } finally {
      await spool[Symbol.asyncDispose]();
    }
  });
}

export const files: CorpusReader = { ...archiveReader, openLocal: openFiles };
