// The modules of the sandbox's standard library, for the sources of kind stdlib: listed inside the sandbox, and left as lines
// that the plan cuts like those of any corpus.
import type { JobAddress } from '../src/contract/job.ts';
import { corpusKey, libraryKey } from '../src/core/keys.ts';
import { libraryAsked } from '../src/corpus/library.ts';
import { AppError } from '../src/errors.ts';
import { libraryAnswerSchema, libraryRequest } from '../src/schema/analysis.ts';
import type { LibraryRecord } from '../src/schema/corpus-record.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

type Deps = Pick<ActivityDeps, 'storeOf' | 'pool'>;

async function modulesOf(
  deps: Deps,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<LibraryRecord[]> {
  const { pool } = deps;
  if (pool === null) throw new AppError('internal', 'the library is listed in a sandbox');
  const answer: unknown = await pool.use(
    (slot) => slot.analyze(libraryRequest(patterns), signal),
    signal,
  );
  const parsed = libraryAnswerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new AppError('wire-violation', 'library: the sandbox answered in another shape', {
      retryable: true,
      cause: parsed.error,
    });
  }
  const { python, modules } = parsed.data;
  return modules.map((module) => ({ ...module, python }));
}

/** Throws AppError `corpus-empty` where no module fits, `sandbox-*`, `wire-violation`, `store-*`. */
export async function listLibraries(
  deps: Deps,
  job: { readonly input: JobAddress; readonly environment: string },
  signal: AbortSignal,
): Promise<void> {
  const { input, environment } = job;
  const store = deps.storeOf(input.bucket);
  const { corpus } = await loadSpec(store, input);
  for (const [index, source] of corpus.entries()) {
    if (source.kind !== 'stdlib') continue;
    const { modules: patterns } = libraryAsked(await store.get(corpusKey(source.digest)));
    const modules = await modulesOf(deps, patterns, signal);
    if (modules.length === 0) {
      throw new AppError(
        'corpus-empty',
        `no module of the standard library fits ${JSON.stringify(patterns.join(','))}`,
      );
    }
    const lines = modules.map((module) => `${JSON.stringify(module)}\n`).join('');
    await store.putIfAbsent(
      libraryKey(input.jobId, environment, index),
      Buffer.from(lines, 'utf8'),
    );
  }
}
