// Kind codenet: programs that read stdin and write stdout, with the inputs of their problem. Read are Project CodeNet's own
// folders, and plainer ones that keep a problem's programs and inputs beside each other.
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArchiveRecord } from '../schema/corpus-record.ts';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import { archiveReader, readArchive } from './archive-reader.ts';
import { fileLine, longLine, textOf } from './archive.ts';
import { codeOf, empty, reading, unreadable } from './failure.ts';
import { readAtMost } from './files.ts';
import { globMatcher } from './glob.ts';
import { NO_LICENSE } from './license/metadata.ts';
import { plainBytes } from './stream-format.ts';
import { LineScanner } from './lines.ts';
import type { CorpusPlace, CorpusReader, LaunchTools, LocalCorpus } from './port.ts';
import { sourceText } from './reading.ts';
import { Spool } from './spool.ts';
import { walkFiles } from './walk.ts';
import type { WalkedFolder } from './walk.ts';

/** Inputs of one problem, together: what a record may give. */
const INPUT_BYTES_MAX = 4 * 1024 * 1024;
const INPUT_FILE = /^input[^/]*\.txt$|\.in$/;
/** What a submission came to, in CodeNet's metadata; others than this are no working programs. */
const ACCEPTED = 'Accepted';

/** Texts of a problem's inputs in the order of their names; a number where they are too long, null where no UTF-8. */
type Inputs = readonly string[] | number | null;

async function inputsIn(folder: string, names: readonly string[]): Promise<Inputs> {
  const texts: string[] = [];
  let bytes = 0;
  for (const name of names.filter((each) => INPUT_FILE.test(each))) {
    const read = await readAtMost(join(folder, name), INPUT_BYTES_MAX);
    bytes += typeof read === 'number' ? read : read.length;
    if (typeof read === 'number' || bytes > INPUT_BYTES_MAX) return bytes;
    const text = textOf(read);
    if (text === null) return null;
    texts.push(text);
  }
  return texts;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** Submissions that were accepted; null where the problem has no metadata. */
async function acceptedOf(root: string, problem: string): Promise<ReadonlySet<string> | null> {
  const path = join(root, 'metadata', `${problem}.csv`);
  if (!(await isThere(path))) return null;
  const accepted = new Set<string>();
  let columns: readonly string[] | null = null;
  const take = (line: Uint8Array | null): void => {
    const cells = Buffer.from(line ?? [])
      .toString('utf8')
      .trim()
      .split(',');
    if (columns === null) {
      columns = cells;
      return;
    }
    const id = cells[columns.indexOf('submission_id')];
    if (id !== undefined && cells[columns.indexOf('status')] === ACCEPTED) accepted.add(id);
  };
  const scanner = new LineScanner();
  for await (const piece of plainBytes(path, 'plain', path)) {
    for (const line of scanner.feed(piece)) take(line.bytes);
  }
  for (const line of scanner.end()) take(line.bytes);
  return accepted;
}

/** What is known of the programs of one folder. */
interface Problem {
  readonly inputs: Inputs;
  readonly accepted: ReadonlySet<string> | null;
}

/** `data/p00001/Python/` of CodeNet's own layout. */
const PUBLISHED = /^data\/([^/]+)\/Python\/$/;

async function problemAt(root: string, { path, files }: WalkedFolder): Promise<Problem> {
  const problem = PUBLISHED.exec(path)?.[1];
  if (problem === undefined) {
    return { inputs: await inputsIn(join(root, path), files), accepted: null };
  }
  const folder = join(root, 'derived', 'input_output', 'data', problem);
  const inputs = await inputsIn(folder, await namesIn(folder));
  return { inputs, accepted: await acceptedOf(root, problem) };
}

const submissionOf = (path: string): string => basename(path, '.py');

async function pack(place: CorpusPlace, spool: Spool): Promise<void> {
  const { path: root, shown } = place;
  const fits = place.glob === null ? (): boolean => true : globMatcher(place.glob);
  const isPublished = await isThere(join(root, 'data'));
  const enter = (folder: WalkedFolder): Promise<Problem> => problemAt(root, folder);
  for await (const { path, facts } of walkFiles<Problem>({ root, shown, enter })) {
    if (!path.endsWith('.py') || !fits(path)) continue;
    if (isPublished && !PUBLISHED.test(path.slice(0, path.lastIndexOf('/') + 1))) continue;
    if (facts.accepted !== null && !facts.accepted.has(submissionOf(path))) continue;
    await spool.append(await programLine(join(root, path), { path, inputs: facts.inputs }));
  }
}

/** A program whose inputs are too long, or no text, is a record that is rejected for it. */
async function programLine(
  file: string,
  { path, inputs }: { readonly path: string; readonly inputs: Inputs },
): Promise<ArchiveRecord> {
  const origin = { path, repository: null, commit: null, license: NO_LICENSE };
  const bytes = await readAtMost(file, SOURCE_BYTES_MAX);
  if (typeof bytes === 'number') return longLine(origin, bytes);
  if (typeof inputs === 'number') return longLine(origin, inputs);
  const line = fileLine(origin, bytes);
  if (!('text' in line)) return line;
  if (inputs === null) return { path, base64: bytes.toString('base64') };
  return { ...line, stdin: [...inputs] };
}

async function openPrograms(place: CorpusPlace, tools: LaunchTools): Promise<LocalCorpus[]> {
  return await reading(place.shown, async () => {
    if (!(await stat(place.path)).isDirectory()) {
      throw unreadable(place.shown, 'is no folder; name the one that holds the problems');
    }
    const spool = await Spool.create(tools.spool, place.shown);
    try {
      await pack(place, spool);
      if (spool.lines === 0)
        throw empty(place.shown, 'holds no Python program; name another folder');
      return [await spool.finish('codenet', place.name)];
    } finally {
      await spool[Symbol.asyncDispose]();
    }
  });
}

export const codenet: CorpusReader = {
  openLocal: openPrograms,
  weigh: () => 1,
  label: archiveReader.label,
  read: (context, value) =>
    readArchive(context, value, ({ text, stdin }) => ({
      kind: 'program',
      source: sourceText(text),
      module: null,
      extract: false,
      entry: null,
      inputs: (stdin ?? []).map((input) => ({ setup: '', call: '', stdin: input })),
      doctests: false,
    })),
};
