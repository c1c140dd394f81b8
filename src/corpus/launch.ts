// What launch does before there is a job: reads the spec, reads the corpora as a whole, resolves what depends on both, and
// uploads. Nothing is written before everything was checked.
import { basename, dirname, resolve } from 'node:path';
import type { Digest, JobId } from '../contract/ids.ts';
import type { Policy } from '../contract/policy.ts';
import type { CorpusSource, ResolvedSpec } from '../contract/spec.ts';
import { corpusKey, policyKey, setManifestKey, specKey } from '../core/keys.ts';
import { AppError, isAppError } from '../errors.ts';
import { canonicalJson, digestOf, jobIdOf } from '../identity/digest.ts';
import { policyBytes, policyRef } from '../quality/policy-ref.ts';
import { parseSpecText } from '../schema/spec-document.ts';
import { parseJobSpec, specFromCorpusArgument } from '../schema/job-spec.ts';
import type { CorpusEntry, JobSpec } from '../schema/job-spec.ts';
import type { StreamBody } from '../store/object-store.ts';
import { readNamedFile } from './named-file.ts';
import { findPlace } from './place.ts';
import { readPolicyFile } from './policy-file.ts';
import type { LaunchTools, LocalCorpus } from './port.ts';
import { READERS } from './records.ts';
import { SOURCES_MAX } from './rows.ts';

/** What the launch needs of the object store. */
export interface UploadTarget {
  head(key: string): Promise<{ readonly bytes: number } | null>;
  putIfAbsent(key: string, body: Uint8Array, options?: { contentType?: string }): Promise<unknown>;
  /** Throws AppError `object-damaged` where the bytes are not those of the digest. */
  putStreamIfAbsent(key: string, body: StreamBody): Promise<unknown>;
}

/** One of `specPath` and `corpora` (`KIND:WHERE`) says what to trace; `name` overrides. */
export interface LaunchRequest {
  readonly specPath: string | null;
  readonly corpora: readonly string[];
  readonly name: string | null;
}

export interface LoadedSpec {
  readonly spec: JobSpec;
  /** Folder that the paths of the spec are relative to: the spec file's, or the current one for --corpus. */
  readonly folder: string;
}

export interface PreparedLaunch {
  readonly resolvedSpec: ResolvedSpec;
  /** Digest of all corpora in order. */
  readonly corpusDigest: Digest;
  readonly jobId: JobId;
  readonly specKey: string;
  readonly corpora: readonly LocalCorpus[];
  /** Files of benchmarks that functions are compared with. */
  readonly benchmarks: readonly LocalCorpus[];
  readonly policy: Policy;
  /** Address that is told of the end; null where nobody is. */
  readonly notify: string | null;
}

/** Reads and checks what is to be launched. Throws AppError `usage`, `spec-invalid` or `spec-not-built-yet`. */
export async function loadLaunchSpec(request: LaunchRequest, cwd: string): Promise<LoadedSpec> {
  const { specPath, corpora, name } = request;
  if (specPath === null) return { spec: specFromCorpusArgument(corpora, name), folder: cwd };
  if (corpora.length > 0) {
    throw new AppError('usage', 'a spec file and --corpus were both given; give one of them');
  }
  const spec = parseSpecText(await readNamedFile('job spec', specPath, cwd), specPath);
  return {
    spec: name === null ? spec : { ...spec, name: checkedName(name) },
    folder: dirname(resolve(cwd, specPath)),
  };
}

/** The rules for a name are those of the spec's own key. */
function checkedName(name: string): string {
  parseJobSpec({ specVersion: 1, name, corpus: [{ kind: 'files', at: '.' }] });
  return name;
}

/** Labels begin with the name of the corpus, so two of one name are told apart by their place. */
function distinctNames(corpora: readonly LocalCorpus[]): string[] {
  const seen = new Map<string, number>();
  return corpora.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}~${String(count)}`;
  });
}

/** The first corpus's name without its extension, as a name of a job may be written. */
function baseName(corpora: readonly LocalCorpus[]): string {
  const name = basename(corpora[0]?.name ?? '').replace(/\.[a-z0-9]+$/i, '');
  const plain = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  return plain.replace(/^[^a-z0-9]+/, '').slice(0, 40) || 'job';
}

/** A source, its name and its column mapping, in the order of the spec. */
interface Opened {
  readonly corpus: LocalCorpus;
  readonly map: Readonly<Record<string, string>>;
}

async function openAll(
  entries: readonly CorpusEntry[],
  { folder, first }: { readonly folder: string; readonly first: number },
  tools: LaunchTools,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const [at, entry] of entries.entries()) {
    const place = await findPlace(entry, { folder, index: first + at }, tools);
    for (const corpus of await READERS[entry.kind].openLocal(place, tools)) {
      opened.push({ corpus, map: entry.map });
    }
    if (opened.length > SOURCES_MAX) {
      throw new AppError(
        'corpus-unreadable',
        `the spec names more than ${String(SOURCES_MAX)} files of rows; join some`,
      );
    }
  }
  return opened;
}

const sourcesOf = (opened: readonly Opened[]): CorpusSource[] => {
  const names = distinctNames(opened.map(({ corpus }) => corpus));
  return opened.map(({ corpus: { kind, digest }, map }, index) => ({
    kind,
    name: names[index] ?? '',
    digest,
    map,
  }));
};

/** A worker reads each whole. The largest that people publish has some megabytes. */
const BENCHMARK_BYTES_MAX = 64 * 1024 * 1024;

async function openBenchmarks(
  { spec, folder }: LoadedSpec,
  tools: LaunchTools,
): Promise<readonly Opened[]> {
  const entries = spec.unique.benchmarks?.sources ?? [];
  for (const { kind } of entries) {
    if (kind !== 'stdlib') continue;
    throw new AppError(
      'spec-invalid',
      'unique.benchmarks: kind stdlib is no benchmark; name files',
    );
  }
  // What is fetched lies by the number of its entry, and those of the corpus come first.
  const opened = await openAll(entries, { folder, first: spec.corpus.length }, tools);
  for (const { corpus } of opened) {
    if (corpus.bytes <= BENCHMARK_BYTES_MAX) continue;
    throw new AppError(
      'corpus-unreadable',
      `benchmark ${JSON.stringify(corpus.name)} has ${String(corpus.bytes)} bytes; at most ${String(BENCHMARK_BYTES_MAX)} are read`,
    );
  }
  return opened;
}

/** The spec's `unique` with the files of benchmarks by their digests. */
function uniqueOf(
  { benchmarks, ...unique }: JobSpec['unique'],
  opened: readonly Opened[],
): ResolvedSpec['unique'] {
  if (benchmarks === undefined) return unique;
  return { ...unique, benchmarks: { ...benchmarks, sources: sourcesOf(opened) } };
}

/**
 * Reads all corpora and decides everything that the spec left open. Throws AppError `corpus-missing`,
 * `corpus-unreadable` or `corpus-empty`, `policy-invalid`, of kind pypi `index-unreachable` and `config-invalid`, of a
 * bucket `store-*`.
 */
export async function prepareLaunch(
  loaded: LoadedSpec,
  defaultBucket: string,
  tools: LaunchTools,
): Promise<PreparedLaunch> {
  const { spec } = loaded;
  const policy = await readPolicyFile(spec.policy, loaded.folder);
  const opened = await openAll(spec.corpus, { folder: loaded.folder, first: 0 }, tools);
  const benchmarks = await openBenchmarks(loaded, tools);
  const corpora = opened.map(({ corpus }) => corpus);
  const sources = sourcesOf(opened);
  const { notify, ...asked } = spec;
  const open = {
    ...asked,
    corpus: sources,
    unique: uniqueOf(spec.unique, benchmarks),
    policy: policyRef(policy),
    output: { bucket: spec.output.bucket ?? defaultBucket },
  };
  const corpusDigest = corpusDigestOf(sources);
  // A name of its own for each spec on each corpus: jobs that were not named do not meet in one set.
  const suffix = digestOf('job-name', [canonicalJson(open), corpusDigest]).slice(0, 8);
  const name = spec.name ?? `${baseName(corpora)}-${suffix}`;
  const set = spec.output.set ?? `${name}@v1`;
  const resolvedSpec: ResolvedSpec = { ...open, name, output: { ...open.output, set } };
  const others = benchmarks.map(({ corpus }) => corpus);
  return identified({ resolvedSpec, corpusDigest, corpora, benchmarks: others, policy, notify });
}

/** What the corpora of a job are, whatever their column mappings. */
export function corpusDigestOf(sources: readonly CorpusSource[]): Digest {
  const parts = sources.flatMap(({ kind, name, digest }) => [kind, name, digest]);
  return digestOf('corpus', parts);
}

/** A launch with the ids that follow from it. */
export function identified(launch: Omit<PreparedLaunch, 'jobId' | 'specKey'>): PreparedLaunch {
  const jobId = jobIdOf(launch.resolvedSpec, launch.corpusDigest);
  return { ...launch, jobId, specKey: specKey(jobId) };
}

async function uploadCorpus(
  store: UploadTarget,
  object: string,
  corpus: LocalCorpus,
): Promise<void> {
  try {
    await store.putStreamIfAbsent(object, corpus);
  } catch (cause) {
    if (!isAppError(cause) || cause.code !== 'object-damaged') throw cause;
    throw new AppError(
      'corpus-unreadable',
      `corpus ${JSON.stringify(corpus.name)} changed while it was read; launch again`,
      { cause },
    );
  }
}

/** A set that is named is there before anything is done for it. */
async function requireEarlier(
  store: UploadTarget,
  { unique }: Pick<ResolvedSpec, 'unique'>,
): Promise<void> {
  for (const set of unique.against ?? []) {
    const key = setManifestKey(set);
    if ((await store.head(key)) !== null) continue;
    throw new AppError(
      'object-missing',
      `unique.against: set ${JSON.stringify(set)} is not published in this bucket`,
      { context: { key } },
    );
  }
}

/** Uploads the corpora that the store does not have, the policy, then the resolved spec. Throws AppError `store-*`. */
export async function uploadLaunch(
  store: UploadTarget,
  { resolvedSpec, jobId, specKey: key, corpora, benchmarks, policy }: PreparedLaunch,
): Promise<void> {
  await requireEarlier(store, resolvedSpec);
  for (const corpus of [...corpora, ...benchmarks]) {
    const object = corpusKey(corpus.digest);
    if ((await store.head(object)) !== null) continue;
    await uploadCorpus(store, object, corpus);
  }
  const ref = resolvedSpec.policy;
  if (ref !== 'default@1') {
    await store.putIfAbsent(policyKey(jobId, ref.digest), policyBytes(policy), {
      contentType: 'application/json',
    });
  }
  const document = Buffer.from(`${canonicalJson(resolvedSpec)}\n`, 'utf8');
  await store.putIfAbsent(key, document, { contentType: 'application/json' });
}
