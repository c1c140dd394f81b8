// The document that a user launches (docs/job-spec.md): strict, with every mistake told at once. What comes out has all
// defaults but those that depend on the corpus or the configuration, which src/corpus/launch.ts adds.
import { DEFAULT_LIMITS } from '../contract/limits.ts';
import type { Limits } from '../contract/limits.ts';
import { FUNCTION_SHAPES } from '../contract/spec.ts';
import type {
  BenchmarkSpec,
  CorpusKind,
  FuzzSpec,
  LlmSpec,
  ResolvedSpec,
  Selection,
} from '../contract/spec.ts';
import type { SplitSpec } from '../contract/split.ts';
import { AppError } from '../errors.ts';
import { problemsOf } from './problems.ts';
import type { DocumentProblem } from './problems.ts';
import { findNotBuilt } from './spec-not-built.ts';
import { resolveBalance, resolveRender } from './spec-render.ts';
import { ORIGINS, specDocumentSchema } from './spec-shape.ts';
import type { SpecDocument } from './spec-shape.ts';

const SOURCE_BYTES_DEFAULT = 20_000;
const KEEP_DEFAULT = 6;
/** What the Stack v2 takes for near duplicates. */
const JACCARD_DEFAULT = 0.7;
const CANDIDATES_DEFAULT = 200;
const SEED_DEFAULT = 1;
const REPLY_INPUTS_DEFAULT = 8;
/** Eight inputs of some hundred characters, as JSON. */
const REPLY_TOKENS_DEFAULT = 1_024;
type Origin = (typeof ORIGINS)[number];

export interface CorpusEntry {
  readonly kind: CorpusKind;
  /** As written: a path relative to the folder from which the job is launched, `s3://…`, or a name of the kind's own. */
  readonly at: string;
  /** Kind git: a branch, tag or commit; null is what is checked out. */
  readonly commit: string | null;
  readonly map: Readonly<Record<string, string>>;
}

/** A checked document; null stands where the default depends on the corpus or the configuration. */
export interface JobSpec extends Omit<
  ResolvedSpec,
  'name' | 'corpus' | 'unique' | 'policy' | 'output'
> {
  readonly unique: Omit<ResolvedSpec['unique'], 'benchmarks'> & {
    readonly benchmarks?: Omit<BenchmarkSpec, 'sources'> & {
      readonly sources: readonly CorpusEntry[];
    };
  };
  readonly name: string | null;
  readonly corpus: readonly CorpusEntry[];
  /** A policy's name, or a file relative to that of the spec. */
  readonly policy: string;
  readonly output: { readonly bucket: string | null; readonly set: string | null };
  /** Who is told of the job's end: no part of what the job is, and never in its data or its manifest. */
  readonly notify: string | null;
}

function resolveLimits(given: SpecDocument['limits']): Limits {
  const values = given?.values;
  const merged: Limits = {
    events: given?.events ?? DEFAULT_LIMITS.events,
    fuel: given?.fuel ?? DEFAULT_LIMITS.fuel,
    traceBytes: given?.trace ?? DEFAULT_LIMITS.traceBytes,
    outputBytes: given?.output ?? DEFAULT_LIMITS.outputBytes,
    memoryBytes: given?.memory ?? DEFAULT_LIMITS.memoryBytes,
    cpuMs: given?.cpu ?? DEFAULT_LIMITS.cpuMs,
    wallMs: given?.wall ?? DEFAULT_LIMITS.wallMs,
    stringCodePoints: values?.string ?? DEFAULT_LIMITS.stringCodePoints,
    stringHead: values?.stringHead ?? DEFAULT_LIMITS.stringHead,
    containerItems: values?.items ?? DEFAULT_LIMITS.containerItems,
    depth: values?.depth ?? DEFAULT_LIMITS.depth,
    objectBytes: values?.object ?? DEFAULT_LIMITS.objectBytes,
  };
  return { ...merged, stringHead: Math.min(merged.stringHead, merged.stringCodePoints) };
}

const BENCHMARKS: ReadonlySet<CorpusKind> = new Set([
  'cruxeval',
  'humaneval',
  'mbpp',
  'lcb-execution',
]);

/** What a list says does not depend on its order, and neither does the job's id. */
function resolveSelection(given: NonNullable<SpecDocument['select']>): Selection {
  const { kinds, licenses } = given;
  return {
    kinds: kinds === undefined ? null : FUNCTION_SHAPES.filter((shape) => kinds.includes(shape)),
    licenses: licenses === undefined ? null : [...new Set(licenses)].sort(),
    size: { min: given.size?.min ?? null, max: given.size?.max ?? null },
    nestedLoops: given.nestedLoops ?? 'any',
  };
}

/** One order for one meaning, so that `[doctest, given]` is the same job as `[given, doctest]`. */
function orderedOrigins(from: readonly Origin[] | undefined): Origin[] {
  const wanted = from ?? ['given', 'doctest'];
  return ORIGINS.filter((origin) => wanted.includes(origin));
}

/**
 * Inputs are looked for only where the spec says so: it runs every function, many times. What a model is to be asked
 * follows from what inputs cover, so they are run for that alone too.
 */
function fuzzOf(inputs: SpecDocument['inputs']): { readonly fuzz?: FuzzSpec } {
  const from = inputs?.from ?? [];
  const tests = from.includes('test') ? ({ tests: true } as const) : {};
  if (!from.includes('fuzz')) {
    const isSearched = from.includes('llm') || from.includes('test');
    return isSearched ? { fuzz: { candidates: 0, seed: SEED_DEFAULT, ...tests } } : {};
  }
  const { candidates, seed } = inputs?.fuzz ?? {};
  return {
    fuzz: { candidates: candidates ?? CANDIDATES_DEFAULT, seed: seed ?? SEED_DEFAULT, ...tests },
  };
}

function llmOf(inputs: SpecDocument['inputs']): { readonly llm?: LlmSpec } {
  const given = inputs?.llm;
  if (given === undefined) return {};
  return {
    llm: {
      ...{ endpoint: given.endpoint, model: given.model, prices: given.prices },
      ...{ budgetUsd: given.budgetUsd, budgetTokens: given.budgetTokens ?? null },
      inputs: given.inputs ?? REPLY_INPUTS_DEFAULT,
      outputTokens: given.outputTokens ?? REPLY_TOKENS_DEFAULT,
      temperature: given.temperature ?? 0,
      seed: given.seed ?? SEED_DEFAULT,
      format: given.format ?? 'json-schema',
    },
  };
}

/** No share at all is the spec of a job that never heard of the key. */
function confirmOf(given: SpecDocument['confirm']): ResolvedSpec['confirm'] {
  const invocations = given?.invocations ?? 'all';
  const share = given?.replayWithReference ?? 0;
  return share === 0 ? { invocations } : { invocations, replayWithReference: share };
}

function nearOf(given: 'off' | false | { jaccard: number }): ResolvedSpec['unique']['near'] {
  return typeof given === 'object' ? given : null;
}

/** A hundredth is held out for tests where nothing is said. */
const TEST_DEFAULT = 0.01;
/** Below what near duplicates are dropped at: functions that are merely alike may both stay, in one split. */
const CLUSTER_JACCARD_DEFAULT = 0.5;

function splitOf(given: NonNullable<SpecDocument['split']>): SplitSpec {
  return {
    by: given.by ?? 'repository',
    clusterJaccard: given.clusterJaccard ?? CLUSTER_JACCARD_DEFAULT,
    shares: { test: given.test ?? TEST_DEFAULT, validation: given.validation ?? 0 },
    seed: given.seed ?? SEED_DEFAULT,
  };
}

function entryOf(given: SpecDocument['corpus'][number]): CorpusEntry {
  const { kind, at, packages, commit, map } = given;
  return { kind, at: at ?? packages ?? '*', commit: commit ?? null, map: map ?? {} };
}

/** Words of a file's name, and the kind of a benchmark that is named by the file alone. */
const NAMED_BENCHMARKS: readonly (readonly [RegExp, CorpusKind])[] = [
  [/cruxeval/i, 'cruxeval'],
  [/human-?_?eval/i, 'humaneval'],
  [/mbpp/i, 'mbpp'],
  [/lcb|livecodebench/i, 'lcb-execution'],
];
/** Runs of eight tokens: an item of which so many are there was copied, whatever was put between them. */
const CONTAINMENT_DEFAULT = 0.8;

/** Each once, in the order given: of two sets that hold a function, the first one is told. */
function againstOf(unique: SpecDocument['unique']): Pick<JobSpec['unique'], 'against'> {
  const given = [...new Set(unique?.against ?? [])];
  return given.length === 0 ? {} : { against: given };
}

function benchmarksOf(unique: SpecDocument['unique']): Pick<JobSpec['unique'], 'benchmarks'> {
  const given = unique?.benchmarks ?? [];
  if (given.length === 0) return {};
  const sources = given.map((each) => {
    if (typeof each !== 'string') return entryOf(each);
    const name = each.split('/').at(-1) ?? each;
    const kind = NAMED_BENCHMARKS.find(([word]) => word.test(name))?.[1] ?? 'jsonl';
    return { kind, at: each, commit: null, map: {} };
  });
  const action = unique?.contaminated ?? 'drop';
  return {
    benchmarks: { sources, action, containment: unique?.containment ?? CONTAINMENT_DEFAULT },
  };
}

function withDefaults(document: SpecDocument): JobSpec {
  const corpus = document.corpus.map(entryOf);
  const anyBenchmark = corpus.some(({ kind }) => BENCHMARKS.has(kind));
  return {
    specVersion: 1,
    name: document.name ?? null,
    corpus,
    ...(document.select === undefined ? {} : { select: resolveSelection(document.select) }),
    unique: {
      exact: document.unique?.exact ?? (anyBenchmark ? 'source' : 'ast'),
      near: nearOf(document.unique?.near ?? (anyBenchmark ? 'off' : { jaccard: JACCARD_DEFAULT })),
      ...againstOf(document.unique),
      ...benchmarksOf(document.unique),
    },
    ...(document.split === undefined ? {} : { split: splitOf(document.split) }),
    inputs: {
      keep: document.inputs?.keep ?? KEEP_DEFAULT,
      from: orderedOrigins(document.inputs?.from),
      ...fuzzOf(document.inputs),
      ...llmOf(document.inputs),
    },
    trace: {
      python: '3.13',
      granularity: document.trace?.granularity ?? 'line',
      scope: document.trace?.scope ?? 'record',
      sourceBytesMax: document.limits?.source ?? SOURCE_BYTES_DEFAULT,
    },
    limits: resolveLimits(document.limits),
    confirm: confirmOf(document.confirm),
    policy: document.policy ?? 'default@1',
    ...(document.render === undefined ? {} : { render: resolveRender(document.render) }),
    ...(document.balance === undefined ? {} : { balance: resolveBalance(document.balance) }),
    require: {
      acceptedMin: document.require?.acceptedMin ?? null,
      faultsMax: document.require?.faultsMax ?? null,
    },
    output: {
      bucket: document.output?.bucket?.replace(/^s3:\/\//, '').replace(/\/$/, '') ?? null,
      set: document.output?.set ?? null,
    },
    notify: document.notify ?? null,
  };
}

function refuse(
  code: 'spec-invalid' | 'spec-not-built-yet',
  problems: readonly DocumentProblem[],
): never {
  const lines = problems.map(({ path, message }) => `${path || 'the document'} ${message}`);
  throw new AppError(code, `job spec: ${lines.join('\n          ')}`);
}

/**
 * Checks a document. Throws AppError `spec-invalid` that names every bad key, or `spec-not-built-yet` where all that is
 * wrong is that keys belong to later stages.
 */
export function parseJobSpec(document: unknown): JobSpec {
  const notBuilt = findNotBuilt(document);
  const parsed = specDocumentSchema.safeParse(document);
  if (!parsed.success) {
    const prefixes = notBuilt.map((later) => later.path.replace(/(?<=\])\..*$/, ''));
    const told = (path: string): boolean =>
      prefixes.some(
        (prefix) => path.startsWith(prefix) && /^(?:$|[.[])/.test(path.slice(prefix.length)),
      );
    const wrong = problemsOf(parsed.error, 'job spec (docs/job-spec.md)').filter(
      ({ path }) => !told(path),
    );
    if (wrong.length > 0) refuse('spec-invalid', [...wrong, ...notBuilt]);
  }
  if (notBuilt.length > 0) refuse('spec-not-built-yet', notBuilt);
  if (parsed.success) return withDefaults(parsed.data);
  throw new AppError('internal', 'job spec: refused without a reason');
}

/** The spec of `--corpus KIND:WHERE`, all else by default. Throws AppError `usage` or what parseJobSpec throws. */
export function specFromCorpusArgument(
  corpora: readonly string[],
  name: string | null = null,
): JobSpec {
  const corpus = corpora.map((argument) => {
    if (argument === 'stdlib') return { kind: 'stdlib' };
    const colon = argument.indexOf(':');
    if (colon < 1 || colon === argument.length - 1) {
      throw new AppError(
        'usage',
        `--corpus ${JSON.stringify(argument)} is not KIND:WHERE; write for example --corpus jsonl:functions.jsonl`,
      );
    }
    return { kind: argument.slice(0, colon), at: argument.slice(colon + 1) };
  });
  return parseJobSpec({ specVersion: 1, corpus, ...(name === null ? {} : { name }) });
}
