// Kind pypi: the Python files of the packages that a lock file names, out of their wheels and sdists as the index has them.
// No code of a package is run: not to build it, and not to learn its name.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArchiveRecord } from '../../schema/corpus-record.ts';
import { archiveReader } from '../archive-reader.ts';
import { fileLine, longLine, refusedLine, textOf } from '../archive.ts';
import type { FileOrigin } from '../archive.ts';
import { empty, reading, unreadable } from '../failure.ts';
import { readAtMost } from '../files.ts';
import { licenseOfFiles } from '../license/folder.ts';
import { licenseFieldsOf, licenseOfMetadata, NO_LICENSE } from '../license/metadata.ts';
import type { License } from '../license/metadata.ts';
import { isLicenseFile } from '../license/texts.ts';
import type { CorpusPlace, CorpusReader, LaunchTools, LocalCorpus } from '../port.ts';
import { Spool } from '../spool.ts';
import { LOCK_BYTES_MAX, parseLock } from './lock.ts';
import type { LockedPackage } from './lock.ts';
import { ArchiveRefusal, formOf, membersOf } from './members.ts';
import type { ArchiveForm } from './members.ts';
import { SimpleIndex } from './simple-index.ts';
import type { IndexFile } from './simple-index.ts';

/** Files fetched ahead of the one that is read. */
const AHEAD = 4;

/** The file that holds most of a package for any machine first: pure wheel, sdist, then wheels of machines by name. */
function rank({ filename }: IndexFile): number {
  if (/-none-any\.whl$/i.test(filename)) return 0;
  if (/\.tar\.gz$/i.test(filename)) return 1;
  return filename.endsWith('.zip') ? 2 : 3;
}

function chosenFile(files: readonly IndexFile[], { digests }: LockedPackage): IndexFile | null {
  const fitting = files.filter(
    ({ digest, filename }) => digests.has(digest) && formOf(filename) !== null,
  );
  fitting.sort((a, b) => rank(a) - rank(b) || (a.filename < b.filename ? -1 : 1));
  return fitting[0] ?? null;
}

interface FetchedPackage {
  readonly locked: LockedPackage;
  readonly filename: string;
  readonly form: ArchiveForm;
  readonly path: string;
}

async function fetchPackage(
  index: SimpleIndex,
  locked: LockedPackage,
  shown: string,
): Promise<FetchedPackage> {
  const file = chosenFile(await index.files(locked.name), locked);
  const form = file === null ? null : formOf(file.filename);
  if (file === null || form === null) {
    throw unreadable(
      shown,
      `${locked.name}==${locked.version} has no wheel or .tar.gz on the index with a digest of the lock file`,
    );
  }
  return { locked, filename: file.filename, form, path: await index.fetch(file) };
}

/** Packages in their order, a few fetched ahead of the one that is asked for. */
async function* fetched(
  packages: readonly LockedPackage[],
  fetch: (locked: LockedPackage) => Promise<FetchedPackage>,
): AsyncGenerator<FetchedPackage> {
  const waiting: Promise<FetchedPackage>[] = [];
  for (const locked of packages) {
    const next = fetch(locked);
    // Told when its turn comes.
    next.catch(() => undefined);
    waiting.push(next);
    const first = waiting.length > AHEAD ? waiting.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const next of waiting) yield await next;
}

/** `purelib` and `platlib` of a wheel's data are moved beside the packages; its scripts and headers are not read. */
function placeInWheel(path: string): string | null {
  const [top = '', kind = '', ...rest] = path.split('/');
  if (!top.endsWith('.data')) return path;
  return kind === 'purelib' || kind === 'platlib' ? rest.join('/') : null;
}

/** An sdist has one folder around everything. */
const placeInSdist = (path: string): string | null =>
  path.includes('/') ? path.slice(path.indexOf('/') + 1) : null;

/** Where a member stands in the installed package or the source tree; null for what is not read. */
function placeOf(form: ArchiveForm, filename: string): (path: string) => string | null {
  return form === 'zip' && filename.endsWith('.whl') ? placeInWheel : placeInSdist;
}

const isMetadata = (path: string): boolean =>
  /^[^/]+\.dist-info\/METADATA$/.test(path) || path === 'PKG-INFO';

/** `name.dist-info/licenses/LICENSE` of a wheel, `LICENSE` of an sdist. */
const isPackageLicense = (path: string): boolean =>
  isLicenseFile(basename(path)) && (!path.includes('/') || /^[^/]+\.dist-info\//.test(path));

/** What the package's metadata says of its licence, else its licence files. */
async function licenseOf({ path, form, filename }: FetchedPackage): Promise<License> {
  const place = placeOf(form, filename);
  const wants = (member: string): boolean => {
    const at = place(member);
    return at !== null && (isMetadata(at) || isPackageLicense(at));
  };
  let metadata = NO_LICENSE;
  const files = new Map<string, string>();
  for await (const { path: member, content } of membersOf({ path, form }, wants)) {
    const at = place(member) ?? '';
    const text = content === null ? null : textOf(content);
    if (text === null) continue;
    if (isMetadata(at)) metadata = licenseOfMetadata(licenseFieldsOf(text));
    else files.set(basename(at), text);
  }
  if (metadata.license !== null) return metadata;
  const byFile = licenseOfFiles(files);
  if (byFile.license !== null) return byFile;
  return metadata.source === null ? byFile : metadata;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The dotted name under which a file of a wheel is imported; an sdist does not say. */
function moduleOf(filename: string, path: string): string | null {
  if (!filename.endsWith('.whl')) return null;
  const parts = path.replace(/\.py$/, '').split('/');
  const names = parts.at(-1) === '__init__' && parts.length > 1 ? parts.slice(0, -1) : parts;
  return names.every((name) => IDENTIFIER.test(name)) ? names.join('.') : null;
}

const withModule = (line: ArchiveRecord, module: string | null): ArchiveRecord =>
  module === null || !('text' in line) ? line : { ...line, module };

async function appendPackage(spool: Spool, found: FetchedPackage): Promise<void> {
  const { locked, filename, form, path } = found;
  const folder = `${locked.name}-${locked.version}`;
  const from = { repository: `pkg:pypi/${locked.name}`, commit: locked.version };
  const origin = (at: string, license: License): FileOrigin => ({
    path: `${folder}/${at}`,
    license,
    ...from,
  });
  const mark = spool.mark();
  try {
    const license = await licenseOf(found);
    const place = placeOf(form, filename);
    const wants = (member: string): boolean => place(member)?.endsWith('.py') === true;
    const taken = new Set<string>();
    for await (const { path: member, bytes, content } of membersOf({ path, form }, wants)) {
      const at = place(member) ?? member;
      // Tools differ in which of two they install.
      if (taken.has(at)) throw new ArchiveRefusal('it holds a file twice');
      taken.add(at);
      const file = origin(at, license);
      if (content === null) await spool.append(longLine(file, bytes));
      else await spool.append(withModule(fileLine(file, content), moduleOf(filename, at)));
    }
  } catch (error) {
    if (!(error instanceof ArchiveRefusal)) throw error;
    // Nothing of an archive that is not to be trusted stays; its record says so.
    await spool.rollback(mark);
    await spool.append(refusedLine(origin(filename, NO_LICENSE), error.message));
  }
}

async function lockedPackages({ path, shown }: CorpusPlace): Promise<LockedPackage[]> {
  if (!(await stat(path)).isFile()) throw unreadable(shown, 'is no file; name a lock file');
  const bytes = await readAtMost(path, LOCK_BYTES_MAX);
  const text = typeof bytes === 'number' ? null : textOf(bytes);
  if (text === null) throw unreadable(shown, 'is no text of UTF-8; name a lock file');
  const packages = parseLock(text, shown);
  if (packages.length === 0) throw empty(shown, 'locks no package; name another file');
  return packages;
}

/** Throws AppError `corpus-missing`, `-unreadable`, `-empty`, `index-unreachable` and `config-invalid`. */
async function openPackages(place: CorpusPlace, tools: LaunchTools): Promise<LocalCorpus[]> {
  const { shown } = place;
  return await reading(shown, async () => {
    const packages = await lockedPackages(place);
    const index = new SimpleIndex(tools.packageIndex, shown);
    const spool = await Spool.create(tools.spool, shown);
    try {
      const fetch = (locked: LockedPackage) => fetchPackage(index, locked, shown);
      for await (const found of fetched(packages, fetch)) await appendPackage(spool, found);
      if (spool.lines === 0) throw empty(shown, 'locks no package with a .py file');
      return [await spool.finish('pypi', place.name)];
    } finally {
      await spool[Symbol.asyncDispose]();
    }
  });
}

export const pypi: CorpusReader = { ...archiveReader, openLocal: openPackages };
