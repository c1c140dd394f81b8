// The shape of a job spec, key by key, with the sentence for each mistake (docs/job-spec.md).
import { z } from 'zod';
import { MAX_LIMITS } from '../contract/limits.ts';
import { CORPUS_KINDS, FUNCTION_SHAPES, REPLY_FORMATS } from '../contract/spec.ts';
import type { CorpusKind } from '../contract/spec.ts';
import { AppError } from '../errors.ts';
import { isLicenseChoice } from './license.ts';
import { count, measure, oneOf, share, size } from './spec-fields.ts';
import { balanceDocument, renderDocument } from './spec-render.ts';
import { parseDuration } from './units.ts';

/** Fields of a record that `map` may rename (docs/job-spec.md, "Kind jsonl"). */
export const RECORD_FIELDS = [
  'kind',
  'source',
  'module',
  'entry',
  'calls',
  'inputs',
  'stdin',
  'repository',
  'path',
  'commit',
  'license',
  'license_source',
] as const;

const GRANULARITIES = ['call', 'line', 'instruction'] as const;
const SCOPES = ['record', 'module'] as const;

/** Bounds what one record may put into a request to the sandbox and into a row. */
export const SOURCE_BYTES_MAX = 1024 * 1024;
const KEEP_MAX = 1000;
/** Some seconds of one core for each function. */
const CANDIDATES_MAX = 10_000;
const SEED_MAX = 2 ** 32 - 1;
/** Where inputs come from, in canonical order. */
export const ORIGINS = ['given', 'doctest', 'test', 'fuzz', 'llm'] as const;
const CORPORA_MAX = 1000;
const BENCHMARKS_MAX = 100;
const AGAINST_MAX = 100;
const FUNCTION_LINES_MAX = 1_000_000;

const duration = (max: number) => measure(parseDuration, max, '5s').optional();
/** From 0.3, below which functions that have nothing to do with each other would be one group. */
const similarity = z
  .number({ error: 'is no number; write for example 0.7' })
  .min(0.3, 'is below 0.3; write for example 0.7')
  .max(1, 'is above 1; write for example 0.7');

const seed = z
  .number({ error: 'is no number' })
  .int('is no whole number')
  .min(0, 'is below 0')
  .max(SEED_MAX, `is above ${String(SEED_MAX)}`)
  .optional();

const split = z
  .strictObject(
    {
      by: z.enum(['repository', 'cluster'], oneOf('repository', 'cluster')).optional(),
      clusterJaccard: similarity.optional(),
      test: share,
      validation: share,
      seed,
    },
    { error: 'is no mapping; write for example { test: 1%, seed: 1 }' },
  )
  .refine(({ test = 0, validation = 0 }) => test + validation < 1, {
    error: 'leaves nothing for train; test and validation together must be below 100%',
  });

/** Keys of later stages: accepted here so that they are told as not built and not as unknown. */
const later = z.unknown().optional();
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const SET = /^[a-z0-9][a-z0-9._-]{0,62}@v[1-9][0-9]{0,5}$/;
/** Throws AppError `usage` where the text is no name and version of a set. */
export function requireSetName(text: string): void {
  if (SET.test(text)) return;
  throw new AppError(
    'usage',
    `${JSON.stringify(text)} is no set; write a name and a version, for example pypi@v2`,
  );
}
const BUCKET = /^(?:s3:\/\/)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/?$/;

const place = z
  .string({ error: 'is no text; name a file or folder' })
  .min(1, 'is empty; name a file or folder')
  .max(4096, 'is longer than 4096 characters')
  .regex(
    /^(?:s3:\/\/[a-z0-9]|(?![a-z][a-z0-9+.-]*:\/\/))/,
    'is a URL that is not read; only s3://bucket/… is',
  );

const corpusEntry = z
  .strictObject({
    kind: z.enum(CORPUS_KINDS, oneOf(...CORPUS_KINDS)),
    at: place.optional(),
    packages: place.optional(),
    commit: z
      .string({ error: 'is no text; name a branch, a tag or a commit' })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/, 'is no branch, tag or commit')
      .optional(),
    map: z
      .partialRecord(
        z.enum(RECORD_FIELDS, {
          error: ({ input }) =>
            `${JSON.stringify(input)} is no field; write ${RECORD_FIELDS.join(', ')}`,
        }),
        z.string({ error: 'is no text; write the name of the column' }).min(1, 'is empty').max(200),
        { error: 'is no mapping; write field: column' },
      )
      .optional(),
  })
  .superRefine((entry, context) => {
    for (const [path, message] of entryProblems(entry)) {
      context.addIssue({ code: 'custom', path: [path], message });
    }
  });

interface EntryKeys {
  readonly kind: CorpusKind;
  readonly at?: string | undefined;
  readonly packages?: string | undefined;
  readonly commit?: string | undefined;
  readonly map?: object | undefined;
}

/** Keys that the kind of an entry does not read, and those that it needs. */
function entryProblems(entry: EntryKeys): [string, string][] {
  const { kind, at, packages, commit, map } = entry;
  const problems: [string, string][] = [];
  if (packages !== undefined && kind !== 'pypi') {
    problems.push(['packages', `is read by kind pypi only; kind ${kind} has at`]);
  }
  if (kind === 'pypi' && (at === undefined) === (packages === undefined)) {
    problems.push(['packages', 'is missing; name the lock file']);
  }
  if (at === undefined && kind !== 'pypi' && kind !== 'stdlib') {
    problems.push([
      'at',
      `is missing; ${kind === 'builtin' ? 'write long' : 'name a file or folder'}`,
    ]);
  }
  if (kind === 'builtin' && at !== undefined && at !== 'long') {
    problems.push(['at', `${JSON.stringify(at)} is not known; write long`]);
  }
  if (commit !== undefined && kind !== 'git') problems.push(['commit', 'is read by kind git only']);
  if (map !== undefined && kind !== 'jsonl' && kind !== 'parquet') {
    problems.push(['map', 'is read by kinds jsonl and parquet only']);
  }
  return problems;
}

const SELECTED_LICENSES_MAX = 500;

const select = z.strictObject({
  kinds: z
    .array(z.enum(FUNCTION_SHAPES, oneOf(...FUNCTION_SHAPES)), {
      error: 'is no list; write for example [function, method]',
    })
    .min(1, 'is an empty list, which selects nothing; leave it out for all')
    .optional(),
  licenses: z
    .array(
      z.string({ error: 'is no text; write an SPDX id, for example MIT' }).refine(isLicenseChoice, {
        error: ({ input }) =>
          `${JSON.stringify(input)} is no SPDX id; write for example MIT or Apache-2.0`,
      }),
      { error: 'is no list; write for example [MIT, Apache-2.0]' },
    )
    .min(1, 'is an empty list, which selects nothing; leave it out for all')
    .max(SELECTED_LICENSES_MAX, `has more than ${String(SELECTED_LICENSES_MAX)} entries`)
    .optional(),
  size: z
    .strictObject({ min: count(FUNCTION_LINES_MAX), max: count(FUNCTION_LINES_MAX) })
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
      error: 'has a min above its max, which selects nothing',
    })
    .optional(),
  nestedLoops: z.enum(['any', 'required', 'none'], oneOf('any', 'required', 'none')).optional(),
});

const BUDGET_USD_MAX = 1_000_000;
const PRICE_MAX = 10_000;
const REPLY_TOKENS_MAX = 100_000;
const REPLY_INPUTS_MAX = 50;

/** Dollars for a million tokens: a tenth of a cent is one nano-dollar for each, and sums stay exact. */
const price = z
  .number({ error: 'is no number; write dollars for a million tokens, for example 0.15' })
  .min(0, 'is below 0')
  .max(PRICE_MAX, `is above ${String(PRICE_MAX)}`)
  .refine((value) => Math.abs(value * 1_000 - Math.round(value * 1_000)) < 1e-6, {
    error: 'has more than three decimals; round it up',
  });

const llm = z.strictObject({
  endpoint: z.literal('env', oneOf('env')),
  model: z
    .string({ error: 'is missing; name the model as its server does' })
    .regex(/^[\x21-\x7e]{1,200}$/, 'is no name of a model'),
  budgetUsd: z
    .number({ error: 'is missing or no number; write dollars, for example 50' })
    .min(0, 'is below 0')
    .max(BUDGET_USD_MAX, `is above ${String(BUDGET_USD_MAX)}`),
  budgetTokens: count(Number.MAX_SAFE_INTEGER),
  prices: z.strictObject(
    { input: price, output: price },
    { error: 'is missing; write { input: 0.15, output: 0.6 }, dollars for a million tokens' },
  ),
  inputs: count(REPLY_INPUTS_MAX),
  outputTokens: count(REPLY_TOKENS_MAX),
  temperature: z
    .number({ error: 'is no number' })
    .min(0, 'is below 0')
    .max(2, 'is above 2')
    .optional(),
  seed,
  format: z.enum(REPLY_FORMATS, oneOf(...REPLY_FORMATS)).optional(),
});

const limits = z.strictObject({
  events: count(MAX_LIMITS.events),
  fuel: count(MAX_LIMITS.fuel),
  trace: size(MAX_LIMITS.traceBytes),
  output: size(MAX_LIMITS.outputBytes),
  memory: size(MAX_LIMITS.memoryBytes),
  cpu: duration(MAX_LIMITS.cpuMs),
  wall: duration(MAX_LIMITS.wallMs),
  source: size(SOURCE_BYTES_MAX),
  candidates: later,
  values: z
    .strictObject({
      string: count(MAX_LIMITS.stringCodePoints),
      stringHead: count(MAX_LIMITS.stringHead),
      items: count(MAX_LIMITS.containerItems),
      depth: count(MAX_LIMITS.depth),
      object: size(MAX_LIMITS.objectBytes),
    })
    .optional(),
});

const documentShape = z.strictObject(
  {
    specVersion: z.literal(1, oneOf('1')),
    name: z
      .string({ error: 'is no text' })
      .regex(NAME, 'is no name; use lower-case letters, digits, ".", "_" and "-", at most 63')
      .optional(),
    corpus: z
      .array(corpusEntry, { error: 'is missing or no list; write a list of { kind, at }' })
      .min(1, 'is an empty list; name at least one { kind, at }')
      .max(CORPORA_MAX, `has more than ${String(CORPORA_MAX)} entries; join files`),
    select: select.optional(),
    unique: z
      .strictObject({
        exact: z.enum(['ast', 'source'], oneOf('ast', 'source')).optional(),
        near: z
          .union([z.literal('off'), z.literal(false), z.strictObject({ jaccard: similarity })], {
            error: 'is neither off nor a mapping; write for example { jaccard: 0.7 }',
          })
          .optional(),
        against: z
          .array(
            z
              .string({ error: 'is no text' })
              .regex(SET, 'is no set; write a name and a version, for example base@v1'),
            { error: 'is no list; write for example [base@v1]' },
          )
          .max(AGAINST_MAX, `has more than ${String(AGAINST_MAX)} entries`)
          .optional(),
        benchmarks: z
          .array(z.union([place, corpusEntry]), {
            error: 'is no list; write for example [cruxeval.jsonl]',
          })
          .max(BENCHMARKS_MAX, `has more than ${String(BENCHMARKS_MAX)} entries; join files`)
          .optional(),
        contaminated: z.enum(['drop', 'label'], oneOf('drop', 'label')).optional(),
        containment: z
          .number({ error: 'is no number; write for example 0.8' })
          .min(0.5, 'is below 0.5; write for example 0.8')
          .max(1, 'is above 1; write for example 0.8')
          .optional(),
      })
      .superRefine(({ benchmarks = [], contaminated, containment }, context) => {
        if (benchmarks.length > 0) return;
        const error = 'has no effect without unique.benchmarks; name files there';
        for (const [path, value] of Object.entries({ contaminated, containment })) {
          if (value !== undefined) {
            context.addIssue({ code: 'custom', path: [path], message: error });
          }
        }
      })
      .optional(),
    split: split.optional(),
    inputs: z
      .strictObject({
        keep: count(KEEP_MAX),
        from: z
          .array(z.enum(ORIGINS, oneOf(...ORIGINS)), {
            error: 'is no list; write for example [given, doctest]',
          })
          .min(1, 'is an empty list; write for example [given, doctest]')
          .optional(),
        fuzz: z
          .strictObject({
            candidates: count(CANDIDATES_MAX),
            seed,
          })
          .optional(),
        llm: llm.optional(),
      })
      .refine(({ from, fuzz }) => fuzz === undefined || from?.includes('fuzz') === true, {
        path: ['fuzz'],
        error: 'has no effect without fuzz among inputs.from; add it there',
      })
      .refine(({ from, llm: asked }) => asked === undefined || from?.includes('llm') === true, {
        path: ['llm'],
        error: 'has no effect without llm among inputs.from; add it there',
      })
      .refine(({ from, llm: asked }) => asked !== undefined || from?.includes('llm') !== true, {
        path: ['llm'],
        error:
          'is missing: the origin llm needs a model, a budget and prices; write for example { endpoint: env, model: m, budgetUsd: 50, prices: { input: 0.15, output: 0.6 } }',
      })
      .optional(),
    trace: z
      .strictObject({
        python: z.literal('3.13', oneOf('"3.13" (in quotes)')).optional(),
        packages: later,
        granularity: z.enum(GRANULARITIES, oneOf(...GRANULARITIES)).optional(),
        scope: z.enum(SCOPES, oneOf(...SCOPES)).optional(),
      })
      .optional(),
    limits: limits.optional(),
    confirm: z
      .strictObject({
        invocations: z.enum(['all', 'none'], oneOf('all', 'none')).optional(),
        replayWithReference: share,
      })
      .optional(),
    policy: z
      .string({ error: 'is no text; write default@1 or name a policy file' })
      .regex(
        /^(?:default@1|(?![a-z][a-z0-9+.-]*:\/\/).{1,4000}\.(?:ya?ml|json))$/,
        'is not known; write default@1 or name a policy file (.yaml)',
      )
      .optional(),
    balance: balanceDocument.optional(),
    render: renderDocument.optional(),
    require: z.strictObject({ acceptedMin: share, faultsMax: share }).optional(),
    output: z
      .strictObject({
        bucket: z
          .string({ error: 'is no text' })
          .regex(BUCKET, 'is no bucket; write for example "s3://traces"')
          .optional(),
        set: z
          .string({ error: 'is no text' })
          .regex(SET, 'is no set; write a name and a version, for example pypi@v1')
          .optional(),
      })
      .optional(),
    notify: z
      .url({
        protocol: /^https?$/,
        error: 'is no address; write for example https://example.org/hook',
      })
      .max(2048, 'is longer than 2048 characters')
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'is no mapping of keys; see docs/job-spec.md' : undefined,
  },
);

/** Everything optional but specVersion and corpus; values in our units. */
export const specDocumentSchema = documentShape.refine(
  ({ balance, render }) => balance === undefined || render !== undefined,
  { path: ['balance'], error: 'has no effect without render; name the texts there' },
);

export type SpecDocument = z.infer<typeof specDocumentSchema>;
