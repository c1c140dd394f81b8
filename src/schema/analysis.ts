// What tracer/analyze.py is asked and what it answers, checked as any answer of a sandbox is: strict and bounded.
import { z } from 'zod';
import type { InputOrigin } from '../contract/function.ts';
import { EXTRACTION_REASONS, INPUT_REASONS, RECORD_REASONS } from '../contract/outcome.ts';
import type { CorpusRecord } from './corpus-record.ts';

/** Setup, call and stdin of one input together, in bytes: as much as a source may have by default. */
export const INPUT_BYTES_MAX = 20_000;

export interface AnalysisRules {
  readonly sourceBytesMax: number;
  readonly origins: readonly InputOrigin[];
  /** True where benchmarks are looked for, which compare functions by their skeletons. */
  readonly skeletons?: boolean;
}

const line = z.number().int().min(1).max(10_000_000);
const input = z.strictObject({
  setup: z.string(),
  call: z.string(),
  stdin: z.string(),
  origin: z.enum(['given', 'doctest']),
  canonical_setup: z.string().nullable(),
  canonical_call: z.string().nullable(),
  reject: z.enum(INPUT_REASONS).nullable(),
});

/** A source of 1 MiB, indented and spaced anew. */
const SKELETON_MAX = 8 * 1024 * 1024;

const analysedFunction = z.strictObject({
  /** Of a function that was extracted from a file, else null: then it is the record's. */
  kind: z.enum(['source', 'import']).nullable(),
  /** The function's own text where it was extracted as such. */
  source: z.string().nullable(),
  /** The module of the image that holds the very text that this was extracted from. */
  original: z.string().nullable(),
  reject: z.enum(EXTRACTION_REASONS).nullable(),
  entry: z.string(),
  qualname: z.string().nullable(),
  line_start: line,
  line_end: line,
  /** Statements of loops around the innermost one, itself included; 0 without a loop. */
  loop_depth: z.number().int().min(0).max(1_000_000),
  /** Normalised tree, kind and entry as one short text, which astDigest digests. */
  tree: z.string().max(10_000),
  inputs: z.array(input),
  /** The module that it stands in has tests or a main block that name it, and these are wanted. */
  tested: z.boolean(),
  /** Only where skeletons were asked for; null where the tree is too deep for one. */
  skeleton: z.string().max(SKELETON_MAX).nullable().optional(),
  /** Positional parameters, defaults included; null where their number is open, or for a program. */
  parameters: z.number().int().min(0).max(1_000).nullable().optional(),
});

const analysedRecord = z.strictObject({
  id: z.number().int().min(0),
  reject: z.enum(RECORD_REASONS).nullable(),
  functions: z.array(analysedFunction),
  /** For kind import and for extracted files: the module's text and its path. */
  module: z.strictObject({ text: z.string(), path: z.string() }).nullable(),
});

export const analysisAnswerSchema = z.strictObject({
  v: z.literal(1),
  records: z.array(analysedRecord),
});

export type AnalysedInput = z.infer<typeof input>;
export type AnalysedFunction = z.infer<typeof analysedFunction>;
export type AnalysedRecord = z.infer<typeof analysedRecord>;

/** The request for some records; `id` is the record's place in the list. */
export function analysisRequest(records: readonly CorpusRecord[], rules: AnalysisRules): object {
  return {
    v: 1,
    source_bytes_max: rules.sourceBytesMax,
    input_bytes_max: INPUT_BYTES_MAX,
    ...(rules.skeletons === true ? { skeletons: true } : {}),
    records: records.map((record, id) => requestOf(record, id, rules)),
  };
}

function requestOf(record: CorpusRecord, id: number, { origins }: AnalysisRules): object {
  const { kind, source, module, extract, entry, inputs, tests, doctests, provenance } = record;
  return {
    id,
    kind,
    source,
    module,
    extract,
    path: provenance.path ?? '',
    entry,
    inputs: origins.includes('given') ? inputs : [],
    doctests: doctests && origins.includes('doctest'),
    run_tests: origins.includes('test'),
    // The function is found by its tests even where their calls are not wanted, which null says.
    ...(tests === undefined
      ? {}
      : { tests: tests.texts, tests_setup: origins.includes('given') ? tests.setup : null }),
  };
}

const moduleName = z
  .string()
  .max(500)
  .regex(/^[^\s/]+$/u);

/** The modules of the standard library in the image, by name. */
export const libraryAnswerSchema = z.strictObject({
  v: z.literal(1),
  python: z.string().regex(/^3\.\d+\.\d+[a-z0-9+]*$/),
  modules: z
    .array(
      z.strictObject({
        module: moduleName,
        path: z.string().max(1_000),
        definitions: z.number().int().min(0),
      }),
    )
    .max(100_000),
});

/** The request for the library: `patterns` as fnmatch has them, over dotted names. */
export function libraryRequest(patterns: readonly string[]): object {
  return { v: 1, library: patterns };
}
