// The resolved job spec: what src/schema/job-spec.ts makes of the user's document once defaults are applied.
// Only keys that are built appear here; keys of later stages are refused by the schema as not built yet.
import type { Granularity, InputOrigin, Scope } from './function.ts';
import type { Limits } from './limits.ts';

export type CorpusKind = 'files' | 'jsonl' | 'cruxeval' | 'humaneval';

export interface CorpusSource {
  readonly kind: CorpusKind;
  /** Base name of what was uploaded, used in labels: `stdlib.jsonl`; never a path of the launching machine. */
  readonly name: string;
  /** SHA-256 of the uploaded object `corpora/<sha256>`; resolved at launch. */
  readonly digest: string;
  /** Column mapping of kind jsonl: our field → their column. */
  readonly map: Readonly<Record<string, string>>;
}

export interface ResolvedSpec {
  readonly specVersion: 1;
  readonly name: string;
  readonly corpus: readonly CorpusSource[];
  readonly unique: { readonly exact: 'ast' | 'source' };
  readonly inputs: { readonly keep: number; readonly from: readonly InputOrigin[] };
  readonly trace: {
    readonly python: '3.13';
    readonly granularity: Granularity;
    readonly scope: Scope;
    /** Largest source of a record in bytes; a larger one is rejected as `source-too-long`. */
    readonly sourceBytesMax: number;
  };
  readonly limits: Limits;
  readonly confirm: { readonly invocations: 'all' | 'none' };
  readonly policy: 'default@1';
  readonly require: { readonly acceptedMin: number | null; readonly faultsMax: number | null };
  readonly output: { readonly bucket: string; readonly set: string };
}
