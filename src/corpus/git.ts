// Kind git: the Python files of one commit of a repository that lies on this machine, with where they are from.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import { archiveReader } from './archive-reader.ts';
import { fileLine, longLine, textOf } from './archive.ts';
import { codeOf, empty, reading, unreadable } from './failure.ts';
import { GitObjects } from './git-objects.ts';
import type { BlobReader } from './git-objects.ts';
import { globMatcher } from './glob.ts';
import { licenseOfFolder, tellsLicense } from './license/folder.ts';
import { NO_LICENSE } from './license/metadata.ts';
import type { License } from './license/metadata.ts';
import { LICENSE_BYTES_MAX } from './license/texts.ts';
import type { CorpusPlace, CorpusReader, LaunchTools, LocalCorpus } from './port.ts';
import { Spool } from './spool.ts';

/** Small files of a repository's own, read as text: HEAD, a ref, packed-refs, config. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;
/** A ref that names a ref that names a ref. */
const REFS_DEEP = 5;
const ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

async function textAt(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > TEXT_BYTES_MAX) return null;
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return null;
    throw error;
  }
}

interface Repository {
  /** Holds HEAD; of a linked worktree another one than `common`. */
  readonly folder: string;
  /** Holds objects, refs and config. */
  readonly common: string;
}

/** `.git` of a checkout, the file that stands for it in a worktree, or a bare repository. */
async function repositoryAt(path: string, shown: string): Promise<Repository> {
  const linked = /^gitdir: (.+)\n?$/.exec((await textAt(join(path, '.git'))) ?? '')?.[1];
  const candidates = [linked === undefined ? join(path, '.git') : resolve(path, linked), path];
  for (const folder of candidates) {
    if ((await textAt(join(folder, 'HEAD'))) === null) continue;
    const common = (await textAt(join(folder, 'commondir')))?.trim();
    return { folder, common: common === undefined ? folder : resolve(folder, common) };
  }
  throw unreadable(shown, 'is no git checkout; name the folder that holds .git');
}

/** Where a ref points, from its own file or from packed-refs. */
async function refTarget({ folder, common }: Repository, ref: string): Promise<string | null> {
  if (ref.split('/').includes('..')) return null;
  const loose = (await textAt(join(folder, ref))) ?? (await textAt(join(common, ref)));
  if (loose !== null) return loose.trim();
  const packed = (await textAt(join(common, 'packed-refs'))) ?? '';
  const line = packed.split('\n').find((each) => each.endsWith(` ${ref}`));
  return line?.split(' ')[0] ?? null;
}

/** Follows a ref to the id of an object. */
async function resolveRef(repository: Repository, ref: string): Promise<string | null> {
  let name = ref;
  for (let step = 0; step < REFS_DEEP; step += 1) {
    const target = await refTarget(repository, name);
    if (target === null || ID.test(target)) return target;
    const [, next] = /^ref: (\S+)$/.exec(target) ?? [];
    if (next === undefined) return null;
    name = next;
  }
  return null;
}

/** A branch, a tag, a remote's branch, or a commit by its id; null is what is checked out. */
async function objectNamed(repository: Repository, name: string | null): Promise<string | null> {
  if (name === null) return await resolveRef(repository, 'HEAD');
  for (const ref of [name, `refs/tags/${name}`, `refs/heads/${name}`, `refs/remotes/${name}`]) {
    const isRef = ref.startsWith('refs/') || ref === 'HEAD';
    const id = isRef ? await resolveRef(repository, ref) : null;
    if (id !== null) return id;
  }
  return /^[0-9a-f]{7,64}$/.test(name) ? name : null;
}

/** `https://host/path` of a remote's URL, without user, password and `.git`; null where it is a path of a machine. */
export function repositoryUrl(remote: string): string | null {
  const scp = /^(?:[^@/\s]+@)?([a-z0-9][a-z0-9.-]*\.[a-z]{2,}):(?!\/\/)(.+)$/i.exec(remote);
  const [, host, path] =
    scp ??
    /^(?:https?|ssh|git):\/\/(?:[^@/\s]*@)?([a-z0-9][a-z0-9.-]*)(?::\d+)?\/(.+)$/i.exec(remote) ??
    [];
  if (host === undefined || path === undefined) return null;
  const plain = path
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return `https://${host.toLowerCase()}/${plain.replace(/^\/+/, '')}`;
}

/** The URL of the remote `origin`, read as text: git would obey what else stands in the file. */
async function originOf({ common }: Repository): Promise<string | null> {
  const config = (await textAt(join(common, 'config'))) ?? '';
  const section = /^\[remote "origin"\]\s*\n((?:(?!\s*\[).*\n?)*)/m.exec(config)?.[1] ?? '';
  const url = /^\s*url\s*=\s*"?([^"\n]+?)"?\s*$/m.exec(section)?.[1];
  return url === undefined ? null : repositoryUrl(url);
}

/** Folders of a commit that say something of their licence, and what they say. */
class Licenses {
  readonly #files = new Map<string, Map<string, string>>();
  readonly #known = new Map<string, License>();

  add(path: string, text: string): void {
    const folder = dirname(path);
    const files = this.#files.get(folder) ?? new Map<string, string>();
    this.#files.set(folder, files.set(path, text));
  }

  of(folder: string): License {
    const files = this.#files.get(folder);
    if (files === undefined) return folder === '.' ? NO_LICENSE : this.of(dirname(folder));
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const around = folder === '.' ? NO_LICENSE : this.of(dirname(folder));
    const license = licenseOfFolder(files, around);
    this.#known.set(folder, license);
    return license;
  }
}

interface Checkout {
  readonly git: GitObjects;
  readonly commit: string;
  readonly blobs: BlobReader;
}

/** Licence files stand before or after the sources in a listing, so they are read first. */
async function licensesOf({ git, commit, blobs }: Checkout): Promise<Licenses> {
  const licenses = new Licenses();
  for await (const blob of git.blobs(commit)) {
    const isSmall = blob.bytes !== null && blob.bytes <= LICENSE_BYTES_MAX;
    if (!isSmall || !tellsLicense(basename(blob.path))) continue;
    const text = textOf(await blobs.read(blob));
    if (text !== null) licenses.add(blob.path, text);
  }
  return licenses;
}

async function pack(
  checkout: Checkout,
  from: { readonly repository: string; readonly wants: (path: string) => boolean },
  spool: Spool,
): Promise<void> {
  const { git, commit, blobs } = checkout;
  const licenses = await licensesOf(checkout);
  for await (const blob of git.blobs(commit)) {
    const { path, bytes } = blob;
    if (!from.wants(path)) continue;
    const license = licenses.of(dirname(path));
    const origin = { path, repository: from.repository, commit, license };
    const isLong = bytes !== null && bytes > SOURCE_BYTES_MAX;
    await spool.append(isLong ? longLine(origin, bytes) : fileLine(origin, await blobs.read(blob)));
  }
}

async function openCheckout(
  place: CorpusPlace,
  scratch: string,
): Promise<Checkout & { readonly url: string | null }> {
  const { shown, path, commit: asked } = place;
  const repository = await repositoryAt(path, shown);
  const name = await objectNamed(repository, asked);
  if (name === null) {
    const what =
      asked === null
        ? 'has no commit yet'
        : `has no branch, tag or commit ${JSON.stringify(asked)}`;
    throw unreadable(shown, what);
  }
  const git = await GitObjects.open({
    shown,
    objects: join(repository.common, 'objects'),
    format: name.length === 64 ? 'sha256' : 'sha1',
    scratch,
  });
  const commit = await git.commitOf(name);
  return { git, commit, blobs: git.reader(), url: await originOf(repository) };
}

/** Throws AppError `corpus-missing`, `-unreadable` or `-empty`. */
async function openGit(place: CorpusPlace, tools: LaunchTools): Promise<LocalCorpus[]> {
  return await reading(place.shown, async () => {
    await stat(place.path);
    const spool = await Spool.create(tools.spool, place.shown);
    const scratch = join(tools.spool, `git-${String(drafts++)}`);
    const fits = place.glob === null ? (): boolean => true : globMatcher(place.glob);
    const checkout = await openCheckout(place, scratch);
    try {
      const wants = (path: string): boolean => path.endsWith('.py') && fits(path);
      await pack(checkout, { repository: checkout.url ?? place.name, wants }, spool);
      if (spool.lines === 0) throw empty(place.shown, 'has no .py file in that commit');
      return [await spool.finish('git', place.name)];
    } finally {
      checkout.blobs[Symbol.dispose]();
      await spool[Symbol.asyncDispose]();
    }
  });
}

let drafts = 0;

export const git: CorpusReader = { ...archiveReader, openLocal: openGit };
