// A function under test, its inputs, and the invocations made of both.
import type { AstDigest, FunctionId, InputId, InvocationId } from './ids.ts';
import type { Limits } from './limits.ts';

/** `source`: self-contained module text; `import`: a module of the image; `program`: stdin to stdout. */
export type FunctionKind = 'source' | 'import' | 'program';

export type InputOrigin = 'given' | 'doctest' | 'test' | 'fuzz' | 'llm';

/** Where an input of a language model came from: enough to find the reply and to ask the same again. */
export interface LlmOrigin {
  readonly model: string;
  readonly promptVersion: number;
  readonly sampling: {
    readonly temperature: number;
    readonly seed: number;
    readonly outputTokens: number;
    readonly format: string;
  };
  /** SHA-256 of the stored reply, which lies at `replies/<request>`. */
  readonly reply: string;
  readonly request: string;
}

export type Granularity = 'call' | 'line' | 'instruction';

/** `record`: code of the record's own text; `module`: code of the whole module that an import names. */
export type Scope = 'record' | 'module';

export interface Provenance {
  /** Where a person finds the record: `file.jsonl:17` or `pkg/mod.py`, optionally with `::qualname`. */
  readonly label: string;
  readonly repository: string | null;
  readonly path: string | null;
  readonly commit: string | null;
  readonly qualname: string | null;
  readonly license: string | null;
  readonly licenseSource: string | null;
  /** 1-based, inclusive, in the text that functionId digests. */
  readonly lineStart: number | null;
  readonly lineEnd: number | null;
}

export interface FunctionRecord {
  readonly functionId: FunctionId;
  readonly kind: FunctionKind;
  /** A qualified name in the module; `module:qualname` for kind import; empty for kind program. */
  readonly entry: string;
  /** The exact text that line numbers refer to; for kind import, the module's text in the image. */
  readonly source: string;
  readonly astDigest: AstDigest;
  /** All records that held this function, in corpus order; the first is the one whose columns are published. */
  readonly provenance: readonly Provenance[];
}

export interface InputRecord {
  readonly inputId: InputId;
  /** Straight-line statements, may be empty. Verbatim text. */
  readonly setup: string;
  /** One call expression. Verbatim text; empty for kind program. */
  readonly call: string;
  readonly stdin: string;
  readonly origin: InputOrigin;
  readonly llmModel: string | null;
}

export interface Invocation {
  readonly invocationId: InvocationId;
  readonly function: FunctionRecord;
  readonly input: InputRecord;
  /** Position among the kept inputs of the function, from 0. */
  readonly inputIndex: number;
  readonly granularity: Granularity;
  readonly scope: Scope;
  readonly limits: Limits;
}
