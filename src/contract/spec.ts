// The resolved job spec: what src/schema/job-spec.ts makes of the user's document once defaults are applied.
// Only keys that are built appear here; keys of later stages are refused by the schema as not built yet.
import type { Granularity, InputOrigin, Scope } from './function.ts';
import type { Limits } from './limits.ts';
import type { OutcomeKind } from './outcome.ts';
import type { BalanceSpec, RenderSpec } from './text.ts';
import type { PolicyRef } from './policy.ts';
import type { SplitSpec } from './split.ts';

export const CORPUS_KINDS = [
  'files',
  'git',
  'pypi',
  'stdlib',
  'jsonl',
  'parquet',
  'cruxeval',
  'humaneval',
  'mbpp',
  'lcb-execution',
  'codenet',
  'builtin',
] as const;
export type CorpusKind = (typeof CORPUS_KINDS)[number];

/** What a function is in its text: of the module, of a class, of another function; or a whole program. */
export const FUNCTION_SHAPES = ['function', 'method', 'nested', 'program'] as const;
export type FunctionShape = (typeof FUNCTION_SHAPES)[number];

/** Which functions of the corpus the job takes; null takes all. What it leaves out is rejected with a reason. */
export interface Selection {
  readonly kinds: readonly FunctionShape[] | null;
  /** SPDX ids (or `ID WITH EXCEPTION`): an expression fits where these satisfy it. */
  readonly licenses: readonly string[] | null;
  /** Lines of the function, both inclusive. */
  readonly size: { readonly min: number | null; readonly max: number | null };
  /** `required`: a loop stands in a loop of the function; `none`: no loop does. */
  readonly nestedLoops: 'any' | 'required' | 'none';
}

export interface CorpusSource {
  readonly kind: CorpusKind;
  /** Base name of what was uploaded, used in labels: `stdlib.jsonl`; never a path of the launching machine. */
  readonly name: string;
  /** SHA-256 of the uploaded object `corpora/<sha256>`; resolved at launch. */
  readonly digest: string;
  /** Column mapping of kinds jsonl and parquet: our field → their column. */
  readonly map: Readonly<Record<string, string>>;
}

/** Benchmarks that functions of the corpus are compared with, and what becomes of those that are in one. */
export interface BenchmarkSpec {
  readonly sources: readonly CorpusSource[];
  readonly action: 'drop' | 'label';
  /** Least share of an item's runs of tokens that a function holds. */
  readonly containment: number;
}

export interface ResolvedSpec {
  readonly specVersion: 1;
  readonly name: string;
  readonly corpus: readonly CorpusSource[];
  /** Absent where all functions are taken. */
  readonly select?: Selection;
  readonly unique: {
    readonly exact: 'ast' | 'source';
    /** Least Jaccard similarity of near duplicates; null where they are not looked for. */
    readonly near: { readonly jaccard: number } | null;
    /** Earlier sets, name and version; absent where none are named. */
    readonly against?: readonly string[];
    /** Absent where none are named. */
    readonly benchmarks?: BenchmarkSpec;
  };
  /** Absent where all functions are in train. */
  readonly split?: SplitSpec;
  readonly inputs: {
    readonly keep: number;
    readonly from: readonly InputOrigin[];
    /** Only where inputs are looked for: functions are fuzzed (candidates above 0), tests are run, or a language model is asked. */
    readonly fuzz?: FuzzSpec;
    /** Only where a language model is asked. */
    readonly llm?: LlmSpec;
  };
  readonly trace: {
    readonly python: '3.13';
    readonly granularity: Granularity;
    readonly scope: Scope;
    /** Largest source of a record in bytes; a larger one is rejected as `source-too-long`. */
    readonly sourceBytesMax: number;
  };
  readonly limits: Limits;
  readonly confirm: {
    readonly invocations: 'all' | 'none';
    /** Share of the rows that the reference tracer runs again after publishing; absent where none. */
    readonly replayWithReference?: number;
  };
  readonly policy: PolicyRef;
  /** Absent where no texts are published. */
  readonly render?: readonly RenderSpec[];
  /** Only where `render` is. */
  readonly balance?: BalanceSpec;
  readonly require: { readonly acceptedMin: number | null; readonly faultsMax: number | null };
  readonly output: { readonly bucket: string; readonly set: string };
  /** Only in the spec of a revision that `retry` made: no part of what the job's id is made of. */
  readonly retry?: RetrySpec;
}

export interface FuzzSpec {
  /** Candidates tried for each function at most. */
  readonly candidates: number;
  readonly seed: number;
  /** Tests are run, and the calls in them recorded. */
  readonly tests?: true;
}

/** How the answer of a model is asked for: by a schema, as any JSON, or by words alone. */
export const REPLY_FORMATS = ['json-schema', 'json-object', 'text'] as const;
export type ReplyFormat = (typeof REPLY_FORMATS)[number];

/** A language model that is asked for inputs. Where it is and how fast it may be asked is configuration. */
export interface LlmSpec {
  /** The address and the key are the worker's own configuration. */
  readonly endpoint: 'env';
  readonly model: string;
  /** Dollars: functions are asked for as long as what their replies may cost at most fits. */
  readonly budgetUsd: number;
  /** The same in tokens of prompts and replies; null where only money counts. */
  readonly budgetTokens: number | null;
  /** Dollars for a million tokens, to a tenth of a cent. */
  readonly prices: { readonly input: number; readonly output: number };
  /** Inputs that are asked for and taken of one reply. */
  readonly inputs: number;
  /** Tokens of a reply at most. */
  readonly outputTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly format: ReplyFormat;
}

/** Any of these takes an invocation up again. */
export interface RetrySelection {
  readonly faulted: boolean;
  readonly outcomes: readonly OutcomeKind[];
  /** Reasons of the verdict, or codes of faults. */
  readonly reasons: readonly string[];
}

export interface RetrySpec extends RetrySelection {
  /** The revision whose rows stay where they are not taken up again. */
  readonly from: number;
  /** Of the invocations that are taken up again. */
  readonly limits: Limits;
}
